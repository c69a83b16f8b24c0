/** AWS Security Token Service: who the caller is, and temporary credentials. */
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import type { Identity } from '../iam/identity.ts'
import { assumeRole } from './assume-role.ts'
import type { AuthorizationMessages } from './authorization-messages.ts'
import { getAccessKeyInfo } from './get-access-key-info.ts'
import { getCallerIdentity } from './get-caller-identity.ts'
import { sessionTokenOperations } from './session-tokens.ts'
import { stsTargets } from './targets.ts'

export interface StsOptions {
  readonly identity: Identity
  readonly messages: AuthorizationMessages
  readonly clock: () => Date
}

export function createStsService(options: StsOptions): Service {
  return defineService(loadModel('sts'), stsOperations(options), stsTargets(options.identity))
}

export function stsOperations({ identity, messages, clock }: StsOptions): OperationHandlers<'sts'> {
  return {
    AssumeRole: assumeRole(identity, clock),
    DecodeAuthorizationMessage: async ({ EncodedMessage }) => ({ DecodedMessage: messages.decode(EncodedMessage) }),
    GetAccessKeyInfo: getAccessKeyInfo(identity.directory),
    GetCallerIdentity: getCallerIdentity,
    ...sessionTokenOperations(identity),
  }
}
