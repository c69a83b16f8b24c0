/** Turns the names of the table into those of one case, and back. */
import { ownNames } from './expected/row.ts'

const OWN: ReadonlySet<string> = new Set(ownNames)
const OF_A_CASE = new RegExp(`^(${ownNames.join('|')})-(\\d+)$`)

/** What a case's request is filled with. */
export interface Fillings {
  readonly caseId: number
  /** By the name of the topic. */
  readonly topicIds: ReadonlyMap<string, string>
  /** By placeholder: `@batch`. */
  readonly records: ReadonlyMap<string, Buffer>
}

export const uniqueName = (name: string, caseId: number): string => (OWN.has(name) ? `${name}-${caseId}` : name)

/** A request's body with names, topic ids and records in place. */
export function filled(value: unknown, fillings: Fillings): unknown {
  if (typeof value === 'string') return filledText(value, fillings)
  if (Array.isArray(value)) return value.map((each) => filled(each, fillings))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, fillings)]))
}

function filledText(text: string, { caseId, topicIds, records }: Fillings): string | Buffer {
  const batch = records.get(text)
  if (batch !== undefined) return batch
  if (text.startsWith('#')) {
    const id = topicIds.get(uniqueName(text.slice(1), caseId))
    if (id === undefined) throw new Error(`no topic id is known for ${text} of case ${caseId}`)
    return id
  }
  // The key of a share group's state begins with the group.
  const [first = '', ...rest] = text.split(':')
  return [uniqueName(first, caseId), ...rest].join(':')
}

/** The table's word for a name in an answer; null: it is another case's, or the cluster's own. */
export function tableName(name: string, { caseId, topicIds }: Fillings): string | null {
  if (name.startsWith('__')) return null
  for (const [topic, id] of topicIds) if (id === name) return tableName(topic, { caseId, topicIds, records: new Map() })
  const own = OF_A_CASE.exec(name)
  if (own === null) return name
  return Number(own[2]) === caseId ? (own[1] ?? null) : null
}
