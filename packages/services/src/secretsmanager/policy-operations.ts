/** Resource policies of secrets. */
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { MalformedPolicyError, parsePolicy } from '@millrace/policy/parse-policy'
import { shownPolicy, storedPolicy, UnknownPrincipalError, type PrincipalNames } from '@millrace/policy/principal-names'
import type { PolicyDocument } from '@millrace/policy/policy-document'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { requireLive } from './secret-vault.ts'

export function policyOperations({ vault, names }: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  return {
    PutResourcePolicy: async ({ SecretId, ResourcePolicy, BlockPublicPolicy }, context) => {
      const { document, policy } = parsed(ResourcePolicy, names)
      if (BlockPublicPolicy === true && isPublic(document)) {
        throw new AwsError('PublicPolicyException', {
          message: 'The resource policy grants access to everyone, which BlockPublicPolicy forbids.',
        })
      }
      const { secret } = await vault.change(SecretId, context, ({ secret: before, versions }) => {
        requireLive(before)
        return { secret: { ...before, policy }, versions }
      })
      return { ARN: secret.arn, Name: secret.name }
    },

    GetResourcePolicy: async ({ SecretId }, context) => {
      const { secret } = await vault.getLive(SecretId, context)
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(secret.policy === null ? {} : { ResourcePolicy: shownPolicy(secret.policy, names) }),
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
      const passed = !isPublic(parsed(ResourcePolicy, names).document)
      return {
        PolicyValidationPassed: passed,
        ValidationErrors: passed
          ? []
          : [{ CheckName: 'PublicAccess', ErrorMessage: 'The resource policy grants access to everyone.' }],
      }
    },
  }
}

/** What it says, and the text as it is stored. Throws MalformedPolicyDocumentException. */
function parsed(text: string, names: PrincipalNames): { readonly document: PolicyDocument; readonly policy: string } {
  try {
    return { document: parsePolicy(text, 'resource'), policy: storedPolicy(text, names) }
  } catch (error) {
    if (error instanceof UnknownPrincipalError) {
      throw new AwsError('MalformedPolicyDocumentException', {
        message: `This resource policy contains an unsupported principal: ${error.principal}`,
        cause: error,
      })
    }
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
