/**
 * A frozen model, and the types of its operations, from botocore alone: for a service whose SDK client has no runtime
 * schemas. Of awsJson services only, where nothing but the body carries members.
 */
type Json = Record<string, unknown>

export interface BotocoreShape {
  readonly type: string
  readonly members?: Readonly<Record<string, { readonly shape: string; readonly locationName?: string }>>
  readonly member?: { readonly shape: string }
  readonly value?: { readonly shape: string }
  readonly required?: readonly string[]
  readonly exception?: true
  readonly fault?: true
  readonly error?: { readonly httpStatusCode?: number }
  readonly sensitive?: true
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
}

export interface BotocoreModel {
  readonly metadata: Readonly<Record<string, string>>
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input?: { readonly shape: string }
        readonly output?: { readonly shape: string }
        readonly authtype?: string
      }
    >
  >
  readonly shapes: Readonly<Record<string, BotocoreShape>>
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  long: 'number',
  boolean: 'boolean',
  timestamp: 'timestamp',
  blob: 'blob',
}

/** @param version of botocore */
export function freezeBotocore(service: string, model: BotocoreModel, version: string): Json {
  const { metadata, shapes } = model
  if (metadata['protocol'] !== 'json') throw new Error(`${service} speaks ${metadata['protocol']}, not awsJson`)
  return {
    source: `botocore ${version}`,
    service,
    serviceId: metadata['serviceId'],
    apiVersion: metadata['apiVersion'],
    protocol: `awsJson${metadata['jsonVersion']?.replace('.', '_')}`,
    xmlNamespace: null,
    serviceTarget: metadata['targetPrefix'],
    operations: Object.fromEntries(
      Object.entries(model.operations).map(([name, { input, output }]) => [
        name,
        {
          ...(input === undefined ? {} : { input: input.shape }),
          ...(output === undefined ? {} : { output: output.shape }),
        },
      ]),
    ),
    shapes: Object.fromEntries(
      Object.entries(shapes).flatMap(([name, shape]) =>
        shape.type === 'structure' ? [[name, structure(shape, shapes)]] : [],
      ),
    ),
  }
}

function structure(shape: BotocoreShape, shapes: BotocoreModel['shapes']): Json {
  const required = new Set(shape.required)
  const members = Object.entries(shape.members ?? {}).map(([name, { shape: target, locationName }]) => [
    name,
    {
      type: typeOf(target, shapes),
      ...(required.has(name) ? { required: true } : {}),
      ...(locationName === undefined || locationName === name ? {} : { wire: locationName }),
      ...(shapes[target]?.sensitive === true ? { sensitive: true } : {}),
    },
  ])
  const fault = shape.fault === true ? 'server' : 'client'
  const status = shape.error?.httpStatusCode ?? (fault === 'server' ? 500 : 400)
  return { ...(shape.exception === true ? { error: { fault, status } } : {}), members: Object.fromEntries(members) }
}

function typeOf(name: string, shapes: BotocoreModel['shapes']): string {
  const shape = shapes[name]
  if (shape === undefined) throw new Error(`unknown shape ${name}`)
  if (shape.type === 'structure') return name
  if (shape.type === 'list') return `list<${typeOf(shape.member?.shape ?? '', shapes)}>`
  if (shape.type === 'map') return `map<${typeOf(shape.value?.shape ?? '', shapes)}>`
  const scalar = scalars[shape.type]
  if (scalar === undefined) throw new Error(`unknown type ${shape.type} of ${name}`)
  return scalar
}

/** A module of types: an interface per structure, and one that names every operation's input and output. */
export function operationTypes(service: string, model: BotocoreModel): string {
  const title = `/** The shapes of ${service}, written by \`npm run freeze-models\` from botocore's model: do not edit. */`
  const structures = Object.entries(model.shapes)
    .filter(([, { type, exception }]) => type === 'structure' && exception !== true)
    .map(([name, shape]) => declaration(name, shape, model.shapes))
  const operations = Object.entries(model.operations).map(
    ([name, { input, output }]) =>
      `  readonly ${name}: { readonly input: ${input?.shape ?? NOTHING}; readonly output: ${output?.shape ?? NOTHING} }`,
  )
  return [title, ...structures, `export interface Operations {\n${operations.join('\n')}\n}\n`].join('\n')
}

const NOTHING = 'Record<never, never>'

function declaration(name: string, shape: BotocoreShape, shapes: BotocoreModel['shapes']): string {
  const required = new Set(shape.required)
  const members = Object.entries(shape.members ?? {}).map(([member, { shape: target }]) =>
    required.has(member)
      ? `  ${member}: ${declaredType(target, shapes)}`
      : `  ${member}?: ${declaredType(target, shapes)} | undefined`,
  )
  return `export interface ${name} {\n${members.join('\n')}\n}\n`
}

function declaredType(name: string, shapes: BotocoreModel['shapes']): string {
  const shape = shapes[name]
  if (shape?.enum !== undefined) return shape.enum.map((value) => `'${value}'`).join(' | ')
  switch (shape?.type) {
    case 'list':
      return listOf(declaredType(shape.member?.shape ?? '', shapes))
    case 'map':
      return `Record<string, ${declaredType(shape.value?.shape ?? '', shapes)}>`
    case 'structure':
      return name
    case 'timestamp':
      return 'Date'
    case 'blob':
      return 'Uint8Array'
    case 'integer':
    case 'long':
      return 'number'
    case 'boolean':
      return 'boolean'
    default:
      return 'string'
  }
}

function listOf(item: string): string {
  return item.includes(' ') ? `(${item})[]` : `${item}[]`
}
