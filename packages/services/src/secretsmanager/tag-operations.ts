import type { Tag } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import type { SecretsManagerDependencies } from './dependencies.ts'
import type { Tags } from './secret.ts'
import { requireLive } from './secret-vault.ts'

const TAGS_MAX = 50

export function tagOperations({ vault }: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  return {
    TagResource: async ({ SecretId, Tags }, context) => {
      await vault.change(SecretId, context, ({ secret, versions }) => {
        requireLive(secret)
        return { secret: { ...secret, tags: tagsOf(secret.tags, Tags) }, versions }
      })
      return {}
    },

    UntagResource: async ({ SecretId, TagKeys }, context) => {
      await vault.change(SecretId, context, ({ secret, versions }) => {
        requireLive(secret)
        const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)))
        return { secret: { ...secret, tags }, versions }
      })
      return {}
    },
  }
}

/** Throws InvalidParameterException, LimitExceededException. */
export function tagsOf(before: Tags, added: readonly Validated<Tag>[]): Tags {
  const pairs = added.map(({ Key, Value }) => {
    if (Key === undefined) throw new AwsError('InvalidParameterException', { message: 'A tag needs a Key.' })
    if (Key.toLowerCase().startsWith('aws:')) {
      throw new AwsError('InvalidParameterException', { message: `Tag keys must not begin with aws: (${Key}).` })
    }
    return [Key, Value ?? ''] as const
  })
  if (new Set(pairs.map(([key]) => key)).size < pairs.length)
    throw new AwsError('InvalidParameterException', { message: 'Duplicate tag keys' })
  const tags = { ...before, ...Object.fromEntries(pairs) }
  if (Object.keys(tags).length > TAGS_MAX)
    throw new AwsError('LimitExceededException', { message: `A secret has ${TAGS_MAX} tags at most.` })
  return tags
}
