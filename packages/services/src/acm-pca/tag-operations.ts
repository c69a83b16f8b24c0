import { AwsError } from '@millrace/aws/errors'
import type { Tag } from '@millrace/aws/frozen/acm-pca'
import type { OperationHandlers } from '@millrace/aws/service'
import { byText } from '../pages.ts'
import { requireNotDeleted, type Tags } from './authority.ts'
import type { AcmPcaDependencies } from './dependencies.ts'

const TAGS_LISTED_DEFAULT = 50
const TAGS_MAX = 50

export function tagOperations({ vault, pages, clock }: AcmPcaDependencies): OperationHandlers<'acm-pca'> {
  return {
    TagCertificateAuthority: async ({ CertificateAuthorityArn, Tags: added }, context) => {
      await vault.change(CertificateAuthorityArn, context, (authority, now) => {
        requireNotDeleted(authority, now)
        return { ...authority, tags: tagsOf(authority.tags, added) }
      })
      return {}
    },

    UntagCertificateAuthority: async ({ CertificateAuthorityArn, Tags: removed }, context) => {
      await vault.change(CertificateAuthorityArn, context, (authority, now) => {
        requireNotDeleted(authority, now)
        return { ...authority, tags: without(authority.tags, removed) }
      })
      return {}
    },

    ListTags: async ({ CertificateAuthorityArn, MaxResults, NextToken }, context) => {
      const authority = await vault.get(CertificateAuthorityArn, context)
      requireNotDeleted(authority, clock())
      const page = pages.cut({
        items: Object.entries(authority.tags).toSorted(([a], [b]) => byText(a, b)),
        sortKey: ([name]) => name,
        limit: MaxResults ?? TAGS_LISTED_DEFAULT,
        token: NextToken,
        scope: ['ListTags', authority.arn],
      })
      return { Tags: page.items.map(([Key, Value]) => ({ Key, Value })), NextToken: page.next }
    },
  }
}

/** Throws InvalidTagException, TooManyTagsException. */
export function tagsOf(before: Tags, added: readonly Tag[]): Tags {
  const reserved = added.find(({ Key }) => Key.toLowerCase().startsWith('aws:'))
  if (reserved !== undefined)
    throw new AwsError('InvalidTagException', { message: `Tag keys must not begin with aws: (${reserved.Key}).` })
  const tags = { ...before, ...Object.fromEntries(added.map(({ Key, Value = '' }) => [Key, Value])) }
  if (Object.keys(tags).length > TAGS_MAX)
    throw new AwsError('TooManyTagsException', { message: `An authority has ${TAGS_MAX} tags at most.` })
  return tags
}

/** With a value only the tag that has it goes. */
function without(tags: Tags, removed: readonly Tag[]): Tags {
  const goes = (key: string, value: string): boolean =>
    removed.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value))
  return Object.fromEntries(Object.entries(tags).filter(([key, value]) => !goes(key, value)))
}
