/**
 * The cases of the table: for each row and each kind of rules (ACLs, IAM) one who has exactly what is needed, one who has
 * nothing, one who lacks one thing of several or has what it implies instead, one to whom one thing is denied though all is granted; then the row's own.
 */
import type { Kind, Row } from './expected/row.ts'
import { uniqueName } from './names.ts'

export interface Grant {
  readonly allow: boolean
  /** Kafka's operation, or the kafka-cluster action. */
  readonly operation: string
  readonly type: 'topic' | 'group' | 'cluster' | 'transactional-id'
  /** '' of the cluster. */
  readonly name: string
  readonly prefixed: boolean
}

export interface TableCase {
  /** Makes the names of the case unique. */
  readonly id: number
  /** As whom it is asked: the id of the first case to which the very same is granted. */
  readonly principal: number
  readonly kind: Kind
  readonly row: Row
  readonly title: string
  readonly grants: readonly Grant[]
  readonly answer: string
}

/** But for Connect, without which there is nobody to ask. */
const EVERYTHING: Readonly<Record<Kind, string>> = {
  acl: 'ALL topic *, ALL group *, ALL cluster, ALL transactional-id *',
  iam: '* topic *, * group *, *Cluster* cluster, Write* cluster, * transactional-id *',
}
const everything = (kind: Kind, sign: '+' | '-'): string =>
  EVERYTHING[kind]
    .split(', ')
    .map((each) => sign + each)
    .join(', ')

/** All cases of the rows; their ids are the same in every run. */
export function casesOf(rows: readonly Row[]): TableCase[] {
  const kinds: readonly Kind[] = ['acl', 'iam']
  const cases = rows
    .flatMap((row) =>
      kinds
        .filter((kind) => row.only === undefined || row.only === kind)
        .flatMap((kind) =>
          expand(row, kind).map(([given, answer]) => ({ kind, row, given, answer, grants: grantsOf(given) })),
        ),
    )
    .map(({ given, ...each }, id) => {
      const { name, version, what } = each.row
      const title = `${name} v${version}${what === undefined ? '' : ` ${what}`}, ${each.kind} ${given || 'silent'}`
      return { ...each, id, title }
    })
  return withPrincipals(cases)
}

/** Many cases grant nothing, or everything: they share a principal. */
function withPrincipals(cases: readonly Omit<TableCase, 'principal'>[]): TableCase[] {
  const firsts = new Map<string, number>()
  return cases.map((each) => {
    const rules = JSON.stringify([
      each.kind,
      each.grants.map((grant) => ({ ...grant, name: uniqueName(grant.name, each.id) })),
    ])
    const principal = firsts.get(rules) ?? each.id
    firsts.set(rules, principal)
    return { ...each, principal }
  })
}

function expand(row: Row, kind: Kind): [given: string, answer: string][] {
  const { needs, allowed, cases = [] } = row
  const own = cases.filter(([of]) => of === kind).map(([, given, answer]): [string, string] => [given, answer])
  const silent = row.silent ?? needs[0]?.refused ?? allowed
  const common: [string, string][] = [['', silent]]
  if (needs.length === 0) {
    common.push([everything(kind, '-'), allowed])
    // The answer to who has everything is in a list's own cases.
    if (own.length === 0) common.push([everything(kind, '+'), allowed])
    return [...common, ...own]
  }
  const ways = needs.map((need) => need[kind].split(' | '))
  const granted = (way: number): string[] => ways.map((alternatives) => alternatives[way] ?? alternatives[0] ?? '')
  const plus = (all: readonly string[]): string =>
    [...new Set(all.flatMap((each) => each.split(' & ')))].map((each) => `+${each}`).join(', ')
  if (ways.some((alternatives) => alternatives.includes('never'))) {
    return [...common, [everything(kind, '+'), silent], [everything(kind, '-'), silent], ...own]
  }
  const count = Math.max(...ways.map((alternatives) => alternatives.length))
  for (let way = 0; way < count; way++) common.push([plus(granted(way)), allowed])
  for (const [index, { refused }] of needs.entries()) {
    const denied = (ways[index] ?? []).flatMap((each) => each.split(' & ')).map((each) => `-${each}`)
    common.push([[plus(granted(0)), ...denied].join(', '), refused])
    const others = granted(0).filter((_, other) => other !== index)
    const weaker = kind === 'acl' ? (ways[index] ?? []).flatMap(weakerThan) : []
    if (weaker.length > 0) common.push([plus([...others, ...weaker]), refused])
    if (others.length > 0) common.push([plus(others), refused])
  }
  return [...common, ...own]
}

/** What the operation implies, and what therefore must not do in its place. */
function weakerThan(need: string): string[] {
  const [, operation = '', resource = ''] = /^(\w+) ([^&]+)$/.exec(need) ?? []
  if (['READ', 'WRITE', 'DELETE', 'ALTER'].includes(operation)) return [`DESCRIBE ${resource}`]
  return operation === 'ALTER_CONFIGS' ? [`DESCRIBE_CONFIGS ${resource}`] : []
}

export function grantsOf(given: string): Grant[] {
  if (given === '') return []
  return given.split(', ').map((each) => {
    const [signed = '', type = '', name = ''] = each.split(' ')
    if (type !== 'topic' && type !== 'group' && type !== 'cluster' && type !== 'transactional-id')
      throw new Error(`not a grant: ${each}`)
    const prefixed = name.startsWith('prefix:')
    return {
      allow: signed.startsWith('+'),
      operation: signed.slice(1),
      type,
      name: prefixed ? name.slice('prefix:'.length) : name,
      prefixed,
    }
  })
}
