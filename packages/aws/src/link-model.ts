/**
 * Turns frozen JSON into the linked objects of model.ts. Types are written as text: `string`, `timestamp:date-time`,
 * `list<Tag>`, `map<list<string>>`; a name that is no scalar is a structure of the same file.
 */
import type {
  Constraint,
  HttpBinding,
  Member,
  Model,
  Operation,
  ProtocolName,
  Scalar,
  Shape,
  Structure,
  TimestampFormat,
} from './model.ts'

export interface FrozenModel {
  readonly service: string
  readonly serviceId: string
  readonly apiVersion: string
  readonly protocol: ProtocolName
  readonly xmlNamespace: string | null
  readonly serviceTarget: string
  readonly operations: Readonly<Record<string, FrozenOperation>>
  readonly others?: readonly string[]
  readonly shapes: Readonly<Record<string, FrozenStructure>>
}

interface FrozenOperation {
  readonly http?: string
  readonly input?: string
  readonly output?: string
  readonly unsigned?: true
}

interface FrozenStructure {
  readonly error?: { readonly fault: 'client' | 'server'; readonly status: number; readonly queryCode?: string }
  readonly union?: true
  readonly members: Readonly<Record<string, FrozenMember>>
}

interface FrozenMember {
  readonly type: string
  readonly required?: true
  readonly wire?: string
  readonly query?: string
  /** `label`, `query NAME`, `header NAME`. */
  readonly in?: string
  readonly sensitive?: true
}

/** Structure name → member name → constraint. */
export type FrozenConstraints = Readonly<Record<string, Readonly<Record<string, FrozenConstraint>>>>

interface FrozenConstraint {
  readonly integer?: true
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly values?: readonly string[]
  readonly item?: FrozenConstraint
}

/** Bounds that the model states and the real service does not enforce: clusters of 30 and 60 brokers exist. */
const unenforcedBounds: ReadonlySet<string> = new Set([
  'kafka CreateClusterRequest NumberOfBrokerNodes',
  'kafka ProvisionedRequest NumberOfBrokerNodes',
  'kafka UpdateBrokerCountRequest TargetNumberOfBrokerNodes',
])

export function linkModel(frozen: FrozenModel, constraints: FrozenConstraints): Model {
  const structures = new Map<string, Structure>()

  // Structures refer to each other in circles: every one exists, empty, before the first is filled.
  const members = new Map<string, Member[]>()
  for (const [name, shape] of Object.entries(frozen.shapes)) {
    const list: Member[] = []
    members.set(name, list)
    structures.set(name, structureOf(name, shape, list))
  }
  for (const [name, shape] of Object.entries(frozen.shapes)) {
    for (const [memberName, member] of Object.entries(shape.members)) {
      const bounds = constraints[name]?.[memberName]
      const enforced = !unenforcedBounds.has(`${frozen.service} ${name} ${memberName}`)
      members.get(name)?.push(linkMember(memberName, member, structures, constraintOf(bounds, enforced)))
    }
  }

  const operations = new Map<string, Operation>()
  for (const [name, operation] of Object.entries(frozen.operations)) {
    operations.set(name, {
      name,
      unsigned: operation.unsigned === true,
      http: operation.http === undefined ? null : httpBinding(operation.http),
      input: operation.input === undefined ? null : structureNamed(operation.input, structures),
      output: operation.output === undefined ? null : structureNamed(operation.output, structures),
    })
  }
  const errors = new Map([...structures].filter(([, structure]) => structure.error !== null))
  const { service, serviceId, apiVersion, protocol, xmlNamespace, serviceTarget } = frozen
  const others = new Set(frozen.others)
  return { service, serviceId, apiVersion, protocol, xmlNamespace, serviceTarget, operations, others, errors }
}

function structureOf(name: string, frozen: FrozenStructure, members: readonly Member[]): Structure {
  const error = frozen.error
  return {
    kind: frozen.union === true ? 'union' : 'structure',
    name,
    members,
    error:
      error === undefined ? null : { fault: error.fault, status: error.status, queryCode: error.queryCode ?? null },
  }
}

function linkMember(
  name: string,
  frozen: FrozenMember,
  structures: ReadonlyMap<string, Structure>,
  constraint: Constraint | null,
): Member {
  const [location = 'body', locationName = null] = (frozen.in ?? 'body').split(' ')
  return {
    name,
    wireName: frozen.wire ?? name,
    queryName: frozen.query ?? frozen.wire ?? name,
    shape: shapeOf(frozen.type, structures),
    required: frozen.required === true,
    sensitive: frozen.sensitive === true,
    location: location as Member['location'],
    locationName,
    constraint,
  }
}

function shapeOf(type: string, structures: ReadonlyMap<string, Structure>): Shape {
  const collection = /^(list|map)<(.*)>$/.exec(type)
  if (collection !== null) {
    const inner = shapeOf(collection[2] ?? '', structures)
    return collection[1] === 'list' ? { kind: 'list', item: inner } : { kind: 'map', value: inner }
  }
  const [kind = '', format = null] = type.split(':')
  if (scalarKinds.has(kind)) return { kind: kind as Scalar['kind'], format: format as TimestampFormat | null }
  return structureNamed(type, structures)
}

const scalarKinds: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'blob', 'timestamp', 'document'])

function structureNamed(name: string, structures: ReadonlyMap<string, Structure>): Structure {
  const structure = structures.get(name)
  if (structure === undefined) throw new Error(`the frozen model names an unknown shape ${name}`)
  return structure
}

function httpBinding(text: string): HttpBinding {
  const [method = '', path = '', status = '200'] = text.split(' ')
  return { method, path, status: Number(status) }
}

function constraintOf(frozen: FrozenConstraint | undefined, enforced: boolean): Constraint | null {
  if (frozen === undefined) return null
  return {
    min: enforced ? (frozen.min ?? null) : null,
    max: enforced ? (frozen.max ?? null) : null,
    pattern: frozen.pattern === undefined ? null : new RegExp(`^(?:${frozen.pattern})$`, 'u'),
    values: frozen.values === undefined ? null : new Set(frozen.values),
    integer: frozen.integer === true,
    item: constraintOf(frozen.item, enforced),
  }
}
