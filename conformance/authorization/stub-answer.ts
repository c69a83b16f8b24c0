/**
 * What a handler would answer that does all it is asked: the table's own answers to who may everything, as a response. Of
 * lists it tells everything; of what a request names only what has come through to the handler.
 */
import type { FieldDefinition, MessageDefinition } from '@millrace/protocol/definition'
import type { Row } from './expected/row.ts'
import { uniqueName } from './names.ts'

type Fields = Record<string, unknown>

/** Everything that exists on any resource. */
const ALL_OPERATIONS = 0b1_1111_1111_1000
const INDEXES: ReadonlySet<string> = new Set(['partitionIndex', 'partition', 'partitionId', 'index', 'producerId', '#'])
const AUTHORIZATION_ERRORS: ReadonlySet<string> = new Set(['29', '30', '31', '53'])

export interface StubOptions {
  readonly row: Row
  readonly caseId: number
  readonly definition: MessageDefinition
  readonly asked: unknown
  readonly passed: unknown
  readonly topicIds: ReadonlyMap<string, string>
}

export function stubAnswer({ row, caseId, definition, asked, passed, topicIds }: StubOptions): Fields {
  const response = empty(definition.fields)
  const places: Readonly<Record<string, string>> = typeof row.read === 'string' ? { '': row.read } : row.read
  const [before, after] = [textOf(asked), textOf(passed)]
  const isIn = (text: string, name: string): boolean =>
    text.includes(`"${name}"`) || text.includes(`"${topicIds.get(name) ?? name}"`)
  const labels = [...everyLabel(row)].map(([label, value]) => {
    const [place = '', keys = ''] = label.includes(':') ? label.split(':') : ['', label]
    const names = keys === '' ? [] : keys.split('/').map((key) => uniqueName(key, caseId))
    return { place, names, value }
  })
  // Who asks for all may have been answered by asking for some.
  const all = labels.flatMap(({ names }) => names)
  const isNarrowed = !all.some((name) => isIn(before, name)) && all.some((name) => isIn(after, name))
  const wasRefused = (name: string): boolean => (isNarrowed || isIn(before, name)) && !isIn(after, name)
  for (const { place, names, value } of labels) {
    const path = places[place]
    if (path === undefined) throw new Error(`${row.name}: nothing is read as ${place}`)
    if (names.some(wasRefused)) continue
    put(response, definition.fields, path.split('.'), names, value, { caseId, topicIds })
  }
  return response
}

/** Each place of the row's answers, with what stands there when nothing is refused. */
function everyLabel(row: Row): Map<string, string> {
  const labels = new Map<string, string>()
  const answers = [row.allowed, row.silent ?? '', ...(row.cases ?? []).map(([, , answer]) => answer)]
  const complete = row.allowed.endsWith('*')
  for (const token of [...answers, ...row.needs.map(({ refused }) => refused)].flatMap((each) => each.split(' '))) {
    if (['', '*', 'closed', 'none'].includes(token) || token.startsWith('login=')) continue
    const at = token.lastIndexOf('=')
    const [label, value] = at === -1 ? ['', token] : [token.slice(0, at), token.slice(at + 1)]
    // What only refusals tell of is not a handler's to tell, unless the table leaves open what that tells.
    const isRefusal = AUTHORIZATION_ERRORS.has(value)
    if (!isRefusal) labels.set(label, labels.get(label) ?? value)
    else if (complete || row.allowed.split(' ').includes(token)) labels.set(label, labels.get(label) ?? '0')
  }
  return labels
}

function put(
  into: Fields,
  fields: readonly FieldDefinition[],
  [step = '', ...rest]: readonly string[],
  names: readonly string[],
  value: string,
  { caseId, topicIds }: Pick<StubOptions, 'caseId' | 'topicIds'>,
): void {
  const [field = '', key] = step.replace(']', '').split('[')
  const of = fields.find((each) => each.name === field)?.fields ?? []
  if (key === undefined && rest.length === 0) {
    into[field] = leaf(field, value, caseId)
    return
  }
  if (key === undefined) return put(into[field] as Fields, of, rest, names, value, { caseId, topicIds })
  const [name = '', ...others] = names
  const list = (into[field] ??= []) as Fields[]
  const keyed = INDEXES.has(key) ? Number(name) : key === 'topicId' ? (topicIds.get(name) ?? name) : name
  let member = key === '#' ? list[Number(name)] : list.find((each) => each[key] === keyed)
  if (member === undefined) {
    member = { ...empty(of), ...(key === '#' ? {} : { [key]: keyed }) }
    list.push(member)
  }
  put(member, of, rest, others, value, { caseId, topicIds })
}

function leaf(field: string, value: string, caseId: number): unknown {
  // Handlers tell what exists; the guards take away what is not allowed.
  if (/authorizedOperations$/i.test(field)) return ALL_OPERATIONS
  if (field === 'topicConfigErrorCode') return 0
  if (value === 'null') return null
  return /^-?\d+$/.test(value) ? Number(value) : uniqueName(value, caseId)
}

function empty(fields: readonly FieldDefinition[]): Fields {
  return Object.fromEntries(
    fields.filter((field) => field.tag === undefined).map((field) => [field.name, emptyField(field)]),
  )
}

function emptyField({ type, nullableVersions, fields = [], default: otherwise }: FieldDefinition): unknown {
  if (otherwise !== undefined) return otherwise
  if (type.startsWith('[]')) return []
  if (nullableVersions !== undefined) return null
  switch (type) {
    case 'struct':
      return empty(fields)
    case 'string':
      return ''
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    case 'bool':
      return false
    default:
      return 0
  }
}

function textOf(request: unknown): string {
  return JSON.stringify(request, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' ? '' : value,
  )
}
