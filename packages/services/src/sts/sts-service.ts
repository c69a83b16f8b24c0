/** AWS Security Token Service: who the caller is, and temporary credentials. */
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import type { Identity } from '../iam/identity.ts'
import { assumeRole } from './assume-role.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { sessionTokenOperations } from './session-tokens.ts'
import { stsTargets } from './targets.ts'

export function createStsService(identity: Identity, clock: () => Date = () => new Date()): Service {
  return defineService(loadModel('sts'), stsOperations(identity, clock), stsTargets(identity))
}

export function stsOperations(identity: Identity, clock: () => Date): OperationHandlers<'sts'> {
  return {
    AssumeRole: assumeRole(identity, clock),
    GetAccessKeyInfo: getAccessKeyInfo(identity.directory),
    GetCallerIdentity: getCallerIdentity,
    ...sessionTokenOperations(identity),
  }
}
