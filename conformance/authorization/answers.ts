/** Reads from a response what the table tells of it, and compares the two. */
import type { Row } from './expected/row.ts'
import { tableName, type Fillings } from './names.ts'

/** Codes and other values by their labels. */
export type Answer = ReadonlyMap<string, string>

const AUTHORIZATION_ERRORS: ReadonlySet<string> = new Set(['29', '30', '31', '53', '58', '65'])

/** Everything that `row.read` names in a response. */
export function readAnswer(response: unknown, { read }: Row, fillings: Fillings): Answer {
  const answer = new Map<string, string>()
  const places: Readonly<Record<string, string>> = typeof read === 'string' ? { '': read } : read
  for (const [place, path] of Object.entries(places)) {
    for (const [keys, value] of follow(response, path.split('.'), fillings)) {
      answer.set(`${place === '' ? '' : `${place}:`}${keys.join('/')}`, value)
    }
  }
  return answer
}

type Found = readonly [keys: readonly string[], value: string]

function follow(value: unknown, [step, ...rest]: readonly string[], fillings: Fillings): Found[] {
  if (step === undefined) return [[[], tableName(String(value), fillings) ?? String(value)]]
  const { field, key } = /^(?<field>\w+)(?:\[(?<key>[\w#]+)\])?$/.exec(step)?.groups ?? {}
  if (field === undefined) throw new Error(`not a step of a path: ${step}`)
  const found = (value as Record<string, unknown>)[field]
  if (key === undefined) return follow(found, rest, fillings)
  return ((found ?? []) as Record<string, unknown>[]).flatMap((each, index) => {
    const name = tableName(key === '#' ? String(index) : String(each[key]), fillings)
    if (name === null) return []
    return follow(each, rest, fillings).map(([keys, leaf]): Found => [[name, ...keys], leaf])
  })
}

/** An answer as the table writes it. */
export function written(answer: Answer): string {
  return [...answer]
    .map(([label, value]) => (label === '' ? value : `${label}=${value}`))
    .sort()
    .join(' ')
}

/** null: as expected; else what was answered. */
export function difference(expected: string, answer: Answer | 'closed' | 'none'): string | null {
  if (typeof answer === 'string') return answer === expected ? null : answer
  const told = written(answer)
  const wanted = expected.split(' ').filter(Boolean)
  if (wanted.at(-1) !== '*') return told === wanted.sort().join(' ') ? null : told
  const named = wanted.slice(0, -1)
  const others = told.split(' ').filter((each) => !named.includes(each))
  const complete = named.every((each) => told.split(' ').includes(each))
  return complete && !others.some((each) => AUTHORIZATION_ERRORS.has(each.split('=').at(-1) ?? '')) ? null : told
}
