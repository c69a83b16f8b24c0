/**
 * Bodies of the query protocol: a form whose names spell a path, `Tags.member.1.Key=team`. The form becomes a tree and
 * the tree is read by shape. Lists are `NAME.member.N`, maps `NAME.entry.N.key` and `.value`; `NAME=` is an empty list.
 * In ec2Query's dialect lists are `NAME.N` and there are no maps.
 */
import { AwsError } from '../errors.ts'
import type { Constraint, Shape, Structure } from '../model.ts'
import { checkConstraint } from './constraints.ts'
import type { Problems } from './problems.ts'
import { decodeText } from './text.ts'

export interface FormNode {
  text: string | null
  readonly children: Map<string, FormNode>
}

/** More parameters than any AWS request has. */
const PARAMETERS_MAX = 10_000

/** Throws SerializationException for bad percent-encoding, a name given twice, or too many parameters. */
export function parseForm(body: string): FormNode {
  const root: FormNode = { text: null, children: new Map() }
  const pairs = body === '' ? [] : body.split('&')
  if (pairs.length > PARAMETERS_MAX) throw malformed(`more than ${PARAMETERS_MAX} parameters`)
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeForm(equals === -1 ? pair : pair.slice(0, equals))
    const node = nodeAt(root, name)
    if (node.text !== null) throw malformed(`the parameter ${name} is given twice`)
    node.text = equals === -1 ? '' : decodeForm(pair.slice(equals + 1))
  }
  return root
}

function nodeAt(root: FormNode, name: string): FormNode {
  let node = root
  for (const part of name.split('.')) {
    let child = node.children.get(part)
    if (child === undefined) {
      child = { text: null, children: new Map() }
      node.children.set(part, child)
    }
    node = child
  }
  return node
}

function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('a parameter is not valid percent-encoded UTF-8')
  }
}

function malformed(what: string): AwsError {
  return new AwsError('SerializationException', { message: `The query string or body cannot be read: ${what}.` })
}

export type QueryDialect = 'awsQuery' | 'ec2Query'

export function decodeQueryMembers(
  structure: Structure,
  node: FormNode,
  path: string,
  problems: Problems,
  dialect: QueryDialect = 'awsQuery',
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const member of structure.members) {
    const child = node.children.get(member.queryName)
    const here = `${path}${member.queryName}`
    if (child === undefined) {
      if (member.required) problems.missing(here)
      continue
    }
    const value = decodeQuery(member.shape, child, { path: here, constraint: member.constraint, problems, dialect })
    if (value !== undefined) decoded[member.name] = value
  }
  return decoded
}

/** Where a value is being read, and by which rules. */
interface Reading {
  readonly path: string
  readonly constraint: Constraint | null
  readonly problems: Problems
  readonly dialect: QueryDialect
}

function decodeQuery(shape: Shape, node: FormNode, reading: Reading): unknown {
  const { path, constraint, problems, dialect } = reading
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return decodeQueryMembers(shape, node, `${path}.`, problems, dialect)
    case 'list': {
      const itemName = dialect === 'awsQuery' ? 'member' : null
      const items = numbered(node, itemName, path, problems)
      if (constraint !== null) checkConstraint(shape, items, path, constraint, problems)
      return items.map(([index, item]) =>
        decodeQuery(shape.item, item, {
          ...reading,
          path: itemName === null ? `${path}.${index}` : `${path}.${itemName}.${index}`,
          constraint: constraint?.item ?? null,
        }),
      )
    }
    case 'map':
      return decodeMap(shape.value, numbered(node, 'entry', path, problems), {
        ...reading,
        constraint: constraint?.item ?? null,
      })
    case 'string':
    case 'number':
    case 'boolean':
    case 'blob':
    case 'timestamp':
    case 'document':
      if (node.text !== null) return decodeText(shape, node.text, path, constraint, problems)
      problems.wrongType(path, `a ${shape.kind}`)
      return undefined
  }
}

function decodeMap(
  shape: Shape,
  entries: readonly (readonly [number, FormNode])[],
  reading: Reading,
): Record<string, unknown> {
  const { path, problems } = reading
  const decoded: [string, unknown][] = []
  for (const [index, entry] of entries) {
    const here = `${path}.entry.${index}`
    const key = entry.children.get('key')?.text ?? null
    const value = entry.children.get('value')
    if (key === null) problems.missing(`${here}.key`)
    else if (value === undefined) problems.missing(`${here}.value`)
    else decoded.push([key, decodeQuery(shape, value, { ...reading, path: `${here}.value` })])
  }
  return Object.fromEntries(decoded)
}

/** The children `NAME.1`, `NAME.2` … in order of their numbers, or without a name the node's own; gaps do not matter. */
function numbered(
  node: FormNode,
  name: string | null,
  path: string,
  problems: Problems,
): readonly (readonly [number, FormNode])[] {
  const items: [number, FormNode][] = []
  const children = name === null ? node.children : (node.children.get(name)?.children ?? [])
  for (const [key, item] of children) {
    if (/^[0-9]{1,9}$/.test(key)) items.push([Number(key), item])
    else problems.wrongType(`${path}.${name === null ? '' : `${name}.`}${key}`, 'a number as the index')
  }
  return items.toSorted(([a], [b]) => a - b)
}
