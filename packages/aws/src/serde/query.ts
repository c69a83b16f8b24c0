/**
 * Bodies of the query protocol: a form whose names spell a path, `Tags.member.1.Key=team`. The form becomes a tree and
 * the tree is read by shape. Lists are `NAME.member.N`, maps `NAME.entry.N.key` and `.value`; `NAME=` is an empty list.
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

export function decodeQueryMembers(
  structure: Structure,
  node: FormNode,
  path: string,
  problems: Problems,
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const member of structure.members) {
    const child = node.children.get(member.wireName)
    const here = `${path}${member.wireName}`
    if (child === undefined) {
      if (member.required) problems.missing(here)
      continue
    }
    const value = decodeQuery(member.shape, child, here, member.constraint, problems)
    if (value !== undefined) decoded[member.name] = value
  }
  return decoded
}

function decodeQuery(
  shape: Shape,
  node: FormNode,
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return decodeQueryMembers(shape, node, `${path}.`, problems)
    case 'list': {
      const items = numbered(node, 'member', path, problems)
      if (constraint !== null) checkConstraint(shape, items, path, constraint, problems)
      return items.map(([index, item]) =>
        decodeQuery(shape.item, item, `${path}.member.${index}`, constraint?.item ?? null, problems),
      )
    }
    case 'map':
      return decodeMap(shape.value, numbered(node, 'entry', path, problems), path, constraint?.item ?? null, problems)
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
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  const decoded: [string, unknown][] = []
  for (const [index, entry] of entries) {
    const here = `${path}.entry.${index}`
    const key = entry.children.get('key')?.text ?? null
    const value = entry.children.get('value')
    if (key === null) problems.missing(`${here}.key`)
    else if (value === undefined) problems.missing(`${here}.value`)
    else decoded.push([key, decodeQuery(shape, value, `${here}.value`, constraint, problems)])
  }
  return Object.fromEntries(decoded)
}

/** The children `NAME.1`, `NAME.2` … in order of their numbers; gaps do not matter. */
function numbered(
  node: FormNode,
  name: string,
  path: string,
  problems: Problems,
): readonly (readonly [number, FormNode])[] {
  const items: [number, FormNode][] = []
  for (const [key, item] of node.children.get(name)?.children ?? []) {
    if (/^[0-9]{1,9}$/.test(key)) items.push([Number(key), item])
    else problems.wrongType(`${path}.${name}.${key}`, 'a number as the index')
  }
  return items.toSorted(([a], [b]) => a - b)
}
