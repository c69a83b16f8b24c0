/** Filters of ListSecrets and BatchGetSecretValue: every filter must match, by one of its values. Source: the Filter type of the API reference. */
import type { Filter } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { Secret } from './secret.ts'

/** Throws InvalidParameterException for a filter without key or values. */
export function matchesFilters(secret: Secret, filters: readonly Validated<Filter>[]): boolean {
  return filters.every(({ Key, Values }) => {
    if (Key === undefined || Values === undefined) {
      throw new AwsError('InvalidParameterException', { message: 'A filter needs a Key and Values.' })
    }
    const wanted = Values.filter((value) => !value.startsWith('!'))
    const unwanted = Values.filter((value) => value.startsWith('!')).map((value) => value.slice(1))
    return (
      (wanted.length === 0 || wanted.some((value) => matches(secret, Key, value))) &&
      !unwanted.some((value) => matches(secret, Key, value))
    )
  })
}

function matches(secret: Secret, key: string, value: string): boolean {
  switch (key) {
    case 'name':
      return secret.name.startsWith(value)
    case 'description':
      return (secret.description ?? '').toLowerCase().startsWith(value.toLowerCase())
    case 'tag-key':
      return Object.keys(secret.tags).some((tag) => tag.startsWith(value))
    case 'tag-value':
      return Object.values(secret.tags).some((tag) => tag.startsWith(value))
    case 'all':
      return value.split(/\s+/).every((word) => matchesAnything(secret, word.toLowerCase()))
    // No secret here is a replica or belongs to a service.
    default:
      return false
  }
}

function matchesAnything({ name, description, tags }: Secret, word: string): boolean {
  const texts = [name, description ?? '', ...Object.keys(tags), ...Object.values(tags)]
  return texts.some((text) => text.toLowerCase().includes(word))
}
