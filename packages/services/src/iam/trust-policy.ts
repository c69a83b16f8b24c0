/** Trust policies of roles: who may assume them. Source: "Role trust policies" of the IAM user guide. */
import { parseArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import type { Account } from './entities.ts'
import type { PolicyDocuments } from './policy-documents.ts'
import { requireWithin } from './require.ts'

const TRUST_CHARACTERS_MAX = 2048

/** Throws MalformedPolicyDocumentException; users and roles of this account that it names must be there. */
export function requireTrustPolicy(documents: PolicyDocuments, account: Account, text: string): void {
  const { statements } = documents.parse(text, 'trust')
  requireWithin('ACLSizePerRole', withoutSpace(text).length, TRUST_CHARACTERS_MAX)
  for (const name of statements.flatMap(({ principals }) => principals?.patterns ?? [])) {
    if (knownPrincipal(account, name)) continue
    throw new AwsError('MalformedPolicyDocumentException', { message: `Invalid principal in policy: "AWS":"${name}"` })
  }
}

export function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, '')
}

function knownPrincipal(account: Account, name: string): boolean {
  const arn = parseArn(name)
  if (arn?.service !== 'iam' || arn.accountId !== account.accountId) return true
  if (arn.resource.startsWith('user/')) return [...account.user.values()].some((user) => user.arn === name)
  if (arn.resource.startsWith('role/')) return [...account.role.values()].some((role) => role.arn === name)
  return true
}
