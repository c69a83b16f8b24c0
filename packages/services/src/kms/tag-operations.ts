import type { Tag } from '@aws-sdk/client-kms'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import { byText } from '../pages.ts'
import type { KmsDependencies } from './dependencies.ts'
import { requireCustomerKey, requireNotPendingDeletion, type Tags } from './key.ts'

const TAGS_LISTED_DEFAULT = 50
const TAGS_MAX = 50

export function tagOperations({ ring, pages }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    TagResource: async (input, context) => {
      await ring.change(input.KeyId, context, (key) => {
        requireCustomerKey(key, 'TagResource')
        requireNotPendingDeletion(key)
        return { ...key, tags: tagsOf(key.tags, input.Tags) }
      })
      return {}
    },

    UntagResource: async ({ KeyId, TagKeys }, context) => {
      await ring.change(KeyId, context, (key) => {
        requireCustomerKey(key, 'UntagResource')
        requireNotPendingDeletion(key)
        return {
          ...key,
          tags: Object.fromEntries(Object.entries(key.tags).filter(([name]) => !TagKeys.includes(name))),
        }
      })
      return {}
    },

    ListResourceTags: async ({ KeyId, Limit, Marker }, context) => {
      const key = await ring.getById(KeyId, context)
      const page = pages.cut({
        items: Object.entries(key.tags).toSorted(([a], [b]) => byText(a, b)),
        sortKey: ([name]) => name,
        limit: Limit ?? TAGS_LISTED_DEFAULT,
        token: Marker,
        scope: ['ListResourceTags', key.arn],
      })
      return {
        Tags: page.items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        NextMarker: page.next,
        Truncated: page.next !== undefined,
      }
    },
  }
}

/** Throws TagException, LimitExceededException. */
export function tagsOf(before: Tags, added: readonly Validated<Tag>[]): Tags {
  const reserved = added.find(({ TagKey }) => TagKey.toLowerCase().startsWith('aws:'))
  if (reserved !== undefined)
    throw new AwsError('TagException', { message: `Tag keys must not begin with aws: (${reserved.TagKey}).` })
  if (new Set(added.map(({ TagKey }) => TagKey)).size < added.length)
    throw new AwsError('TagException', { message: 'Duplicate tag keys' })
  const tags = { ...before, ...Object.fromEntries(added.map(({ TagKey, TagValue }) => [TagKey, TagValue])) }
  if (Object.keys(tags).length > TAGS_MAX)
    throw new AwsError('LimitExceededException', { message: `A key has ${TAGS_MAX} tags at most.` })
  return tags
}
