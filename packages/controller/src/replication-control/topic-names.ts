/** Which names a new topic may have (kafka-protocol §4.4). Messages are Kafka's. */
const NAME_LENGTH_MAX = 249
const LEGAL = /^[a-zA-Z0-9._-]+$/

/** The complaint about `name` on its own, or null. */
export function topicNameError(name: string): string | null {
  const complaint = illegal(name)
  return complaint === null ? null : `Topic name is invalid: ${complaint}`
}

function illegal(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > NAME_LENGTH_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${NAME_LENGTH_MAX}`
  }
  if (LEGAL.test(name)) return null
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Metric names turn '.' into '_': topics that differ only by that collide. The one of `names` that collides, or null. */
export function collidingTopic(names: Iterable<string>, name: string): string | null {
  if (!name.includes('.') && !name.includes('_')) return null
  const key = collisionKey(name)
  for (const existing of names) {
    if (existing !== name && existing.length === name.length && collisionKey(existing) === key) return existing
  }
  return null
}

function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
