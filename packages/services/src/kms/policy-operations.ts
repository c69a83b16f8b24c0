import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { shownPolicy } from '@millrace/policy/principal-names'
import type { KmsDependencies } from './dependencies.ts'
import { requireCustomerKey } from './key.ts'
import { keyPolicyFor, POLICY_NAME } from './key-policy.ts'

export function policyOperations({ ring, names }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    PutKeyPolicy: async ({ KeyId, Policy, PolicyName, BypassPolicyLockoutSafetyCheck }, context) => {
      requirePolicyName(PolicyName)
      const policy = keyPolicyFor(Policy, names, context, BypassPolicyLockoutSafetyCheck)
      await ring.change(KeyId, context, (key) => {
        requireCustomerKey(key, 'PutKeyPolicy')
        return { ...key, policy }
      })
      return {}
    },

    GetKeyPolicy: async ({ KeyId, PolicyName }, context) => {
      requirePolicyName(PolicyName)
      const { policy } = await ring.getById(KeyId, context)
      return { Policy: shownPolicy(policy, names), PolicyName: POLICY_NAME }
    },

    ListKeyPolicies: async ({ KeyId }, context) => {
      await ring.getById(KeyId, context)
      return { PolicyNames: [POLICY_NAME], Truncated: false }
    },
  }
}

function requirePolicyName(name: string = POLICY_NAME): void {
  if (name === POLICY_NAME) return
  throw new AwsError('NotFoundException', { message: `No such policy exists: a key has one, named ${POLICY_NAME}.` })
}
