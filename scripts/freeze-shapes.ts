/**
 * Shapes of the SDK's runtime schemas, written for our models. Schema shapes are arrays: [3, namespace, name, traits, memberNames,
 * memberSchemas, requiredCount] and so on. An unknown trait or shape stops the run: better no new model than one that lost something.
 */
export type Json = Record<string, unknown>
type Traits = Record<string, unknown>

const scalarTypes: Readonly<Record<number, string>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'timestamp',
  5: 'timestamp:date-time',
  6: 'timestamp:http-date',
  7: 'timestamp:epoch-seconds',
  15: 'document',
  21: 'blob',
}
const traitBits = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
]
// What the protocols of packages/aws serve; the rest of traitBits has a place when a service with it is added.
const knownTraits = new Set([
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'jsonName',
  'httpQuery',
  'httpHeader',
  'http',
  'error',
  'httpError',
  'awsQueryError',
  'xmlName',
  'ec2QueryName',
])

/** Collects structures by name; lists and maps are written where they are used. */
export class Shapes {
  readonly byName: Json = {}
  readonly #ec2: boolean

  constructor(ec2: boolean) {
    this.#ec2 = ec2
  }

  typeOf(reference: unknown): string {
    const schema = typeof reference === 'function' ? (reference as () => unknown)() : reference
    if (schema === 'unit') return 'unit'
    if (typeof schema === 'number') return numericType(schema)
    if (!Array.isArray(schema)) throw new Error(`unknown schema ${String(schema)}`)
    if (typeof schema[0] !== 'number' || schema.length === 2) return this.typeOf(schema[0]) // [schema, member traits]
    if (schema[0] === 0) return this.typeOf(schema[4])
    if (schema[0] === 1) return `list<${this.typeOf(schema[4])}>`
    if (schema[0] === 2) return `map<${this.typeOf(schema[5])}>`
    if (schema[0] === 3 || schema[0] === 4 || schema[0] === -3) return this.add(schema)
    throw new Error(`unknown shape ${JSON.stringify(schema)}`)
  }

  add(schema: readonly unknown[]): string {
    const name = String(schema[2])
    if (name in this.byName) return name
    const shape: Json = {}
    this.byName[name] = shape
    const traits = traitsOf(schema[3])
    if (traits['error'] !== undefined) {
      const query = traits['awsQueryError'] as readonly [string, number] | undefined
      shape['error'] = {
        fault: traits['error'],
        status: traits['httpError'] ?? 400,
        ...(query === undefined ? {} : { queryCode: query[0] }),
      }
    }
    if (schema[0] === 4) shape['union'] = true
    const required = Number(schema[6] ?? 0)
    const members: Json = {}
    for (const [index, member] of (schema[4] as string[]).entries()) {
      members[member] = this.#member((schema[5] as unknown[])[index], index < required, member)
    }
    shape['members'] = members
    return name
  }

  #member(reference: unknown, required: boolean, name: string): Json {
    const traits: Traits = { ...targetTraits(reference), ...memberTraits(reference) }
    const location: Json = {}
    if (traits['httpLabel'] === 1) location['in'] = 'label'
    else if (typeof traits['httpQuery'] === 'string') location['in'] = `query ${traits['httpQuery']}`
    else if (typeof traits['httpHeader'] === 'string') location['in'] = `header ${traits['httpHeader']}`
    const wireName = textTrait(traits, 'jsonName') ?? textTrait(traits, 'xmlName') ?? name
    // ec2Query: requests have the query name, or else the wire name with a capital.
    const queryName = this.#ec2 ? (textTrait(traits, 'ec2QueryName') ?? capitalized(wireName)) : wireName
    return {
      type: this.typeOf(reference),
      ...(required ? { required: true } : {}),
      ...(wireName === name ? {} : { wire: wireName }),
      ...(queryName === wireName ? {} : { query: queryName }),
      ...location,
      ...(traits['sensitive'] === 1 ? { sensitive: true } : {}),
    }
  }
}

function textTrait(traits: Traits, name: string): string | null {
  const value = traits[name]
  return typeof value === 'string' ? value : null
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function numericType(schema: number): string {
  if (schema >= 128) return `map<${numericType(schema - 128)}>`
  if (schema >= 64) return `list<${numericType(schema - 64)}>`
  const type = scalarTypes[schema]
  if (type === undefined) throw new Error(`unknown scalar ${schema}`)
  return type
}

function isMemberPair(reference: unknown): reference is readonly [unknown, unknown] {
  return Array.isArray(reference) && (typeof reference[0] !== 'number' || reference.length === 2)
}

function memberTraits(reference: unknown): Traits {
  return isMemberPair(reference) ? traitsOf(reference[1]) : {}
}

/** Traits of a named scalar (a sensitive string); those of structures belong to the structure. */
function targetTraits(reference: unknown): Traits {
  const inner = isMemberPair(reference) ? reference[0] : reference
  const schema = typeof inner === 'function' ? (inner as () => unknown)() : inner
  return Array.isArray(schema) && schema[0] === 0 ? traitsOf(schema[3]) : {}
}

export function traitsOf(traits: unknown): Traits {
  if (traits === undefined || traits === 0) return {}
  const named: Traits = typeof traits === 'number' ? bitsOf(traits) : (traits as Traits)
  for (const name of Object.keys(named)) if (!knownTraits.has(name)) throw new Error(`unknown trait ${name}`)
  return named
}

function bitsOf(bits: number): Traits {
  return Object.fromEntries(traitBits.flatMap((name, bit) => ((bits >> bit) & 1 ? [[name, 1]] : [])))
}
