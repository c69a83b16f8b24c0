/** Tags as requests bring them and answers show them. */
import { refused } from './errors.ts'
import type { Tags } from './records.ts'

interface RequestedTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

interface TagSpecification {
  readonly ResourceType?: string | undefined
  readonly Tags?: readonly RequestedTag[] | undefined
}

const TAGS_MAX = 50
const KEY_LENGTH_MAX = 127
const VALUE_LENGTH_MAX = 255

/** Of a resource that is being made. @throws AwsError InvalidParameterValue for another type of resource, or bad tags */
export function tagsOf(specifications: readonly TagSpecification[] | undefined, resourceType: string): Tags {
  for (const { ResourceType } of specifications ?? []) {
    if (ResourceType === resourceType) continue
    throw refused(
      'InvalidParameterValue',
      `'${ResourceType ?? ''}' is not a valid taggable resource type for this operation.`,
    )
  }
  return withTags(
    {},
    (specifications ?? []).flatMap(({ Tags }) => Tags ?? []),
  )
}

export function withTags(tags: Tags, added: readonly RequestedTag[]): Tags {
  const all = { ...tags, ...Object.fromEntries(added.map(({ Key = '', Value = '' }) => [Key, Value])) }
  for (const [key, value] of Object.entries(all)) {
    if (key === '' || key.length > KEY_LENGTH_MAX || key.startsWith('aws:'))
      throw refused(
        'InvalidParameterValue',
        `Tag key '${key}' is not valid: 1 to ${KEY_LENGTH_MAX} characters, and not the reserved prefix aws:.`,
      )
    if (value.length > VALUE_LENGTH_MAX)
      throw refused(
        'InvalidParameterValue',
        `The value of the tag '${key}' exceeds the maximum length of ${VALUE_LENGTH_MAX} characters.`,
      )
  }
  if (Object.keys(all).length > TAGS_MAX)
    throw refused('InvalidParameterValue', `A resource has at most ${TAGS_MAX} tags.`)
  return all
}

/** A tag with a value goes only if it has that value. */
export function withoutTags(tags: Tags, removed: readonly RequestedTag[] | undefined): Tags {
  if (removed === undefined || removed.length === 0) return {}
  const goes = (key: string, value: string): boolean =>
    removed.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value))
  return Object.fromEntries(Object.entries(tags).filter(([key, value]) => !goes(key, value)))
}

export function shownTags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
