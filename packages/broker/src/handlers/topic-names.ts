/** Topic names: which are legal, and which belong to the brokers themselves. */

const INTERNAL_TOPICS: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])
const LEGAL = /^[a-zA-Z0-9._-]{1,249}$/

/** Written by coordinators only. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name)
}

export function isLegalTopicName(name: string): boolean {
  return LEGAL.test(name) && name !== '.' && name !== '..'
}
