import { badRequest } from '@millrace/aws/errors'

const TAGS_MAX = 50
const KEY_LENGTH_MAX = 128
const VALUE_LENGTH_MAX = 256

/** At most 50 per resource; keys of 1 to 128 characters that do not begin with `aws:`, values up to 256 (msk.md §3.1). */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags)
  if (entries.length > TAGS_MAX) throw invalid(`A resource can have at most ${TAGS_MAX} tags.`)
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > KEY_LENGTH_MAX) throw invalid(`A tag key has 1 to ${KEY_LENGTH_MAX} characters.`)
    if (/^aws:/i.test(key)) throw invalid(`The tag key ${key} begins with aws:, which is reserved.`)
    if (value.length > VALUE_LENGTH_MAX)
      throw invalid(`The value of tag ${key} is longer than ${VALUE_LENGTH_MAX} characters.`)
  }
}

function invalid(message: string): Error {
  return badRequest({ message, invalidParameter: 'tags' })
}
