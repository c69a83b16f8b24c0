/** Trust policies of roles: who may assume them. Source: "Role trust policies" of the IAM user guide. */
import { AwsError } from '@millrace/aws/errors'
import { storedPolicy, UnknownPrincipalError, type PrincipalNames } from '@millrace/policy/principal-names'
import type { PolicyDocuments } from './policy-documents.ts'
import { requireWithin } from './require.ts'

const TRUST_CHARACTERS_MAX = 2048

/** The policy as it is stored. Throws MalformedPolicyDocumentException; users and roles that it names must be there. */
export function trustPolicy(documents: PolicyDocuments, names: PrincipalNames, text: string): string {
  documents.parse(text, 'trust')
  requireWithin('ACLSizePerRole', withoutSpace(text).length, TRUST_CHARACTERS_MAX)
  try {
    return storedPolicy(text, names)
  } catch (error) {
    if (!(error instanceof UnknownPrincipalError)) throw error
    throw new AwsError('MalformedPolicyDocumentException', { message: error.message, cause: error })
  }
}

export function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, '')
}
