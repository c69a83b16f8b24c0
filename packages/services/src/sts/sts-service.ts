import type { CredentialStore } from '@millrace/aws/credentials'
import { loadModel } from '@millrace/aws/model'
import { defineService, type Service } from '@millrace/aws/service'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

/** AWS Security Token Service, as far as root credentials go: temporary credentials do not exist yet. */
export function createStsService(credentials: CredentialStore): Service {
  return defineService(loadModel('sts'), {
    GetAccessKeyInfo: getAccessKeyInfo(credentials),
    GetCallerIdentity: getCallerIdentity,
  })
}
