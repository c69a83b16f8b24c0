/** Resource policies of secrets. */
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { MalformedPolicyError, parsePolicy } from '@millrace/policy/parse-policy'
import type { PolicyDocument } from '@millrace/policy/policy-document'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { requireLive } from './secret-vault.ts'

export function policyOperations({ vault }: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  return {
    PutResourcePolicy: async ({ SecretId, ResourcePolicy, BlockPublicPolicy }, context) => {
      const document = parsed(ResourcePolicy)
      if (BlockPublicPolicy === true && isPublic(document)) {
        throw new AwsError('PublicPolicyException', {
          message: 'The resource policy grants access to everyone, which BlockPublicPolicy forbids.',
        })
      }
      const { secret } = await vault.change(SecretId, context, ({ secret: before, versions }) => {
        requireLive(before)
        return { secret: { ...before, policy: ResourcePolicy }, versions }
      })
      return { ARN: secret.arn, Name: secret.name }
    },

    GetResourcePolicy: async ({ SecretId }, context) => {
      const { secret } = await vault.getLive(SecretId, context)
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(secret.policy === null ? {} : { ResourcePolicy: secret.policy }),
      }
    },

    DeleteResourcePolicy: async ({ SecretId }, context) => {
      const { secret } = await vault.change(SecretId, context, ({ secret: before, versions }) => {
        requireLive(before)
        return { secret: { ...before, policy: null }, versions }
      })
      return { ARN: secret.arn, Name: secret.name }
    },

    ValidateResourcePolicy: async ({ SecretId, ResourcePolicy }, context) => {
      if (SecretId !== undefined) await vault.getLive(SecretId, context)
      const passed = !isPublic(parsed(ResourcePolicy))
      return {
        PolicyValidationPassed: passed,
        ValidationErrors: passed
          ? []
          : [{ CheckName: 'PublicAccess', ErrorMessage: 'The resource policy grants access to everyone.' }],
      }
    },
  }
}

/** Throws MalformedPolicyDocumentException. */
function parsed(text: string): PolicyDocument {
  try {
    return parsePolicy(text, 'resource')
  } catch (error) {
    if (!(error instanceof MalformedPolicyError)) throw error
    throw new AwsError('MalformedPolicyDocumentException', { message: error.message, cause: error })
  }
}

/** Allows to anybody, on no condition. */
function isPublic({ statements }: PolicyDocument): boolean {
  return statements.some(
    ({ effect, principals, conditions }) =>
      effect === 'Allow' && conditions.length === 0 && principals?.patterns.includes('*') === true,
  )
}
