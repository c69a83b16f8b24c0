/** The policies that keys begin with. Source: "Default key policy" of the KMS developer guide. */
import type { CallContext } from '@millrace/aws/call-context'
import { AwsError } from '@millrace/aws/errors'
import { evaluate } from '@millrace/policy/evaluate'
import { MalformedPolicyError, parsePolicy } from '@millrace/policy/parse-policy'
import { storedPolicy, UnknownPrincipalError, type PrincipalNames } from '@millrace/policy/principal-names'
import { noPolicies } from '@millrace/policy/principal-policies'
import type { Scope } from '../scope.ts'

/** The one policy that a key has. */
export const POLICY_NAME = 'default'

/** The account decides by IAM who may use the key. */
export function defaultKeyPolicy({ accountId }: Scope): string {
  return print({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
}

/** The service uses the key for the account's own callers; the account may look at it. */
export function managedKeyPolicy(service: string, { accountId, region }: Scope): string {
  return print({
    Version: '2012-10-17',
    Id: `auto-${service}-1`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:CallerAccount': accountId, 'kms:ViaService': `${service}.${region}.amazonaws.com` },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  })
}

/**
 * The policy as it is stored. Throws MalformedPolicyDocumentException, also for a policy that would keep its own author from
 * changing it again.
 */
export function keyPolicyFor(
  given: string,
  names: PrincipalNames,
  context: CallContext,
  bypass: boolean | undefined,
): string {
  const text = readKeyPolicy(given, names)
  if (bypass === true) return text
  const { principal, credential, accountId } = context
  const decision = evaluate(
    { principal, action: 'kms:PutKeyPolicy', resource: '*', values: new Map(Object.entries(credential?.values ?? {})) },
    {
      ...(credential?.policies ?? noPolicies),
      resource: {
        accountId,
        policies: [{ name: POLICY_NAME, document: parsePolicy(text, 'resource') }],
        mustAllow: true,
      },
    },
  )
  // What the caller's own policies lack says nothing about the key's.
  if (decision.allowed || decision.set !== 'resource') return text
  throw new AwsError('MalformedPolicyDocumentException', {
    message: 'The new key policy will not allow you to update the key policy in the future.',
  })
}

/** Throws MalformedPolicyDocumentException. */
function readKeyPolicy(text: string, names: PrincipalNames): string {
  try {
    parsePolicy(text, 'resource')
    return storedPolicy(text, names)
  } catch (error) {
    if (error instanceof UnknownPrincipalError) {
      throw new AwsError('MalformedPolicyDocumentException', {
        message: `Policy contains a statement with one or more invalid principals: ${error.principal}`,
        cause: error,
      })
    }
    if (!(error instanceof MalformedPolicyError)) throw error
    throw new AwsError('MalformedPolicyDocumentException', { message: error.message, cause: error })
  }
}

function print(policy: object): string {
  return JSON.stringify(policy, null, 2)
}
