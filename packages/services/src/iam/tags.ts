/** Tags of users, roles, policies and instance profiles: at most 50, keys differ by more than case. */
import { AwsError } from '@millrace/aws/errors'
import type { Tags } from './entities.ts'
import { requireWithin } from './require.ts'

const TAGS_MAX = 50

interface Tag {
  readonly Key: string
  readonly Value: string
}

/** Later values win; a key given in another case replaces the old one. Throws InvalidInputException for a key given twice. */
export function withTags(tags: Tags, given: readonly Tag[] | undefined): Tags {
  const added = given ?? []
  const names = new Set(added.map(({ Key }) => Key.toLowerCase()))
  if (names.size < added.length) {
    throw new AwsError('InvalidInputException', {
      message: 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    })
  }
  const kept = Object.entries(tags).filter(([key]) => !names.has(key.toLowerCase()))
  const all = Object.fromEntries([...kept, ...added.map(({ Key, Value }) => [Key, Value] as const)])
  requireWithin('TagsPerResource', Object.keys(all).length, TAGS_MAX)
  return all
}

export function withoutTags(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)))
}

export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** For answers that leave the member out when there are none. */
export function tagsMember(tags: Tags): { Tags?: { Key: string; Value: string }[] } {
  return Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) }
}
