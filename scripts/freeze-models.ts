/**
 * Writes packages/aws/models: per service what is on the wire (operations, shapes) from the runtime schemas of the
 * official SDK client, and a side table of constraints (bounds, patterns, enums, integer or not) from botocore's model of
 * the same service. Interface facts only, no documentation text. Output is sorted and one member per line, so that an
 * upgrade of the SDK is a readable diff.
 *
 *     npm run freeze-models -- [botocore's data folder]     (or MILLRACE_BOTOCORE_DATA; default: asks python3)
 *
 * Schema shapes are arrays: [3, namespace, name, traits, memberNames, memberSchemas, requiredCount] and so on. An unknown
 * trait or shape stops the run: better no new model than one that lost something.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as ec2 from '@aws-sdk/client-ec2'
import * as iam from '@aws-sdk/client-iam'
import * as kafka from '@aws-sdk/client-kafka'
import * as kms from '@aws-sdk/client-kms'
import * as secretsManager from '@aws-sdk/client-secrets-manager'
import * as sts from '@aws-sdk/client-sts'
import { freezeBotocore, operationTypes, type BotocoreModel } from './freeze-botocore.ts'

interface Source {
  readonly service: string
  /** Of the SDK: `@aws-sdk/client-…`; the service's name when left out. */
  readonly package?: string
  readonly sdk: Readonly<Record<string, unknown>>
  readonly client: string
  readonly botocore: string
  /** Of a service with far more operations than we serve: those whose shapes are kept; of all others only the name. */
  readonly only?: readonly string[]
}

/** VPCs, subnets, security groups, routes and network interfaces. */
const ec2Operations: readonly string[] = [
  'AssociateRouteTable',
  'AttachInternetGateway',
  'AuthorizeSecurityGroupEgress',
  'AuthorizeSecurityGroupIngress',
  'CreateInternetGateway',
  'CreateRoute',
  'CreateRouteTable',
  'CreateSecurityGroup',
  'CreateSubnet',
  'CreateTags',
  'CreateVpc',
  'DeleteInternetGateway',
  'DeleteRoute',
  'DeleteRouteTable',
  'DeleteSecurityGroup',
  'DeleteSubnet',
  'DeleteTags',
  'DeleteVpc',
  'DescribeAvailabilityZones',
  'DescribeInternetGateways',
  'DescribeNetworkInterfaces',
  'DescribeRegions',
  'DescribeRouteTables',
  'DescribeSecurityGroupRules',
  'DescribeSecurityGroups',
  'DescribeSubnets',
  'DescribeTags',
  'DescribeVpcAttribute',
  'DescribeVpcs',
  'DetachInternetGateway',
  'DisassociateRouteTable',
  'ModifyNetworkInterfaceAttribute',
  'ModifySecurityGroupRules',
  'ModifySubnetAttribute',
  'ModifyVpcAttribute',
  'ReplaceRoute',
  'ReplaceRouteTableAssociation',
  'RevokeSecurityGroupEgress',
  'RevokeSecurityGroupIngress',
  'UpdateSecurityGroupRuleDescriptionsEgress',
  'UpdateSecurityGroupRuleDescriptionsIngress',
]

const sources: readonly Source[] = [
  { service: 'kafka', sdk: kafka, client: 'KafkaClient', botocore: 'kafka/2018-11-14' },
  { service: 'iam', sdk: iam, client: 'IAMClient', botocore: 'iam/2010-05-08' },
  { service: 'sts', sdk: sts, client: 'STSClient', botocore: 'sts/2011-06-15' },
  { service: 'kms', sdk: kms, client: 'KMSClient', botocore: 'kms/2014-11-01' },
  {
    service: 'secretsmanager',
    package: 'secrets-manager',
    sdk: secretsManager,
    client: 'SecretsManagerClient',
    botocore: 'secretsmanager/2017-10-17',
  },
  { service: 'ec2', sdk: ec2, client: 'EC2Client', botocore: 'ec2/2016-11-15', only: ec2Operations },
]

/** Services whose SDK client has no schemas: everything comes from botocore, the types of operations too. */
const botocoreOnly: readonly { readonly service: string; readonly botocore: string }[] = [
  { service: 'acm-pca', botocore: 'acm-pca/2017-08-22' },
]

type Traits = Record<string, unknown>
type Json = Record<string, unknown>

const modelsFolder = join(import.meta.dirname, '..', 'packages', 'aws', 'models')
const typesFolder = join(import.meta.dirname, '..', 'packages', 'aws', 'src', 'frozen')
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

function main(): void {
  const botocore = process.argv[2] ?? process.env['MILLRACE_BOTOCORE_DATA'] ?? installedBotocore()
  mkdirSync(modelsFolder, { recursive: true })
  for (const source of sources) {
    const model = freeze(source)
    const older = readBotocore(join(botocore, source.botocore))
    markUnsigned(model, older)
    write(source.service, model, new ConstraintTable(older, source.sdk).of(model))
  }
  for (const { service, botocore: folder } of botocoreOnly) {
    const model = readBotocore(join(botocore, folder))
    const frozen = freezeBotocore(service, model, botocoreVersion(botocore))
    frozen['operations'] = sorted(frozen['operations'] as Json)
    frozen['shapes'] = sorted(frozen['shapes'] as Json)
    write(service, frozen, new ConstraintTable(model, {}).of(frozen))
    mkdirSync(typesFolder, { recursive: true })
    writeFileSync(join(typesFolder, `${service}.ts`), operationTypes(service, model))
  }
}

function write(service: string, model: Json, constraints: Json): void {
  writeFileSync(join(modelsFolder, `${service}.json`), print(model))
  writeFileSync(join(modelsFolder, `${service}.constraints.json`), print(constraints))
  const operations = Object.keys(model['operations'] as Json).length
  console.log(
    `${service}: ${operations} operations, ${Object.keys(model['shapes'] as Json).length} shapes, ${Object.keys(constraints).length} constrained shapes`,
  )
}

function freeze(source: Source): Json {
  const Client = source.sdk[source.client] as new (options: unknown) => { config: Json }
  const config = new Client({ region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }).config
  const settings = config['protocolSettings'] as Json
  const protocol = config['protocol'] as { getShapeId(): string }
  const name = `@aws-sdk/client-${source.package ?? source.service}`
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string }
  const operations: Json = {}
  const others: string[] = []
  const protocolName = protocol.getShapeId().split('#')[1]
  const shapes = new Shapes(protocolName === 'ec2Query')
  for (const schema of Object.values(source.sdk)) {
    if (!Array.isArray(schema) || schema[1] !== settings['defaultNamespace']) continue
    const isOther = schema[0] === 9 && source.only?.includes(String(schema[2])) === false
    if (isOther) others.push(String(schema[2]))
    else if (schema[0] === 9) operations[String(schema[2])] = operation(schema, shapes)
    else if (schema[0] === -3) shapes.add(schema)
  }
  return {
    source: `${name} ${version}`,
    service: source.service,
    serviceId: config['serviceId'],
    apiVersion: config['apiVersion'],
    protocol: protocolName,
    xmlNamespace: settings['xmlNamespace'] ?? null,
    serviceTarget: settings['serviceTarget'],
    operations: sorted(operations),
    ...(others.length === 0 ? {} : { others: others.toSorted() }),
    shapes: sorted(shapes.byName),
  }
}

function operation(schema: readonly unknown[], shapes: Shapes): Json {
  const traits = traitsOf(schema[3])
  const http = traits['http'] as readonly [string, string, number] | undefined
  const input = shapes.typeOf(schema[4])
  const output = shapes.typeOf(schema[5])
  return {
    ...(http === undefined ? {} : { http: http.join(' ') }),
    ...(input === 'unit' ? {} : { input }),
    ...(output === 'unit' ? {} : { output }),
  }
}

/** Collects structures by name; lists and maps are written where they are used. */
class Shapes {
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

function traitsOf(traits: unknown): Traits {
  if (traits === undefined || traits === 0) return {}
  const named: Traits = typeof traits === 'number' ? bitsOf(traits) : (traits as Traits)
  for (const name of Object.keys(named)) if (!knownTraits.has(name)) throw new Error(`unknown trait ${name}`)
  return named
}

function bitsOf(bits: number): Traits {
  return Object.fromEntries(traitBits.flatMap((name, bit) => ((bits >> bit) & 1 ? [[name, 1]] : [])))
}

/** Operations that are called without a signature (AssumeRoleWithWebIdentity): only botocore says which. */
function markUnsigned(model: Json, older: BotocoreModel): void {
  for (const [name, operation] of Object.entries(model['operations'] as Record<string, Json>)) {
    if (older.operations[name]?.authtype === 'none') operation['unsigned'] = true
  }
}

/** Walks both models from the operations' inputs, side by side, and keys what botocore knows by the SDK's names. */
class ConstraintTable {
  readonly #botocore: BotocoreModel
  readonly #sdk: Readonly<Record<string, unknown>>
  readonly #table: Record<string, Json> = {}
  readonly #seen = new Set<string>()

  constructor(botocore: BotocoreModel, sdk: Readonly<Record<string, unknown>>) {
    this.#botocore = botocore
    this.#sdk = sdk
  }

  of(model: Json): Json {
    const shapes = model['shapes'] as Record<string, { members: Record<string, { type: string }> }>
    for (const [name, operation] of Object.entries(model['operations'] as Record<string, { input?: string }>)) {
      const input = this.#botocore.operations[name]?.input
      if (input !== undefined && operation.input !== undefined) this.#structure(shapes, operation.input, input.shape)
    }
    return sorted(this.#table)
  }

  #structure(
    shapes: Record<string, { members: Record<string, { type: string }> }>,
    sdkName: string,
    botocoreName: string,
  ): void {
    if (this.#seen.has(sdkName)) return
    this.#seen.add(sdkName)
    const known: Json = {}
    for (const [member, { type }] of Object.entries(shapes[sdkName]?.members ?? {})) {
      const target = this.#botocore.shapes[botocoreName]?.members?.[member]
      if (target === undefined) continue
      const constraint = this.#constraint(target.shape)
      if (constraint !== null) known[member] = constraint
      let [inner, innerName] = [type, target.shape]
      for (let match = /^(?:list|map)<(.*)>$/.exec(inner); match !== null; match = /^(?:list|map)<(.*)>$/.exec(inner)) {
        inner = match[1] ?? ''
        const outer = this.#botocore.shapes[innerName]
        innerName = (outer?.member ?? outer?.value)?.shape ?? ''
      }
      if (inner in shapes) this.#structure(shapes, inner, innerName)
    }
    if (Object.keys(known).length > 0) this.#table[sdkName] = known
  }

  #constraint(name: string): Json | null {
    const shape = this.#botocore.shapes[name]
    if (shape === undefined) return null
    const constraint: Json = {}
    if (shape.type === 'integer' || shape.type === 'long') constraint['integer'] = true
    if (shape.min !== undefined) constraint['min'] = shape.min
    if (shape.max !== undefined) constraint['max'] = shape.max
    if (shape.pattern !== undefined) constraint['pattern'] = usablePattern(shape.pattern)
    if (shape.enum !== undefined) constraint['values'] = this.#enumValues(name, shape.enum)
    const inner = (shape.member ?? shape.value)?.shape
    const item = inner === undefined || (shape.type !== 'list' && shape.type !== 'map') ? null : this.#constraint(inner)
    if (item !== null) constraint['item'] = item
    return Object.keys(constraint).length === 0 ? null : constraint
  }

  /** The SDK may be newer: its values of the same enum count too. */
  #enumValues(name: string, values: readonly string[]): readonly string[] {
    const sdkName = name.charAt(0).toUpperCase() + name.slice(1)
    const own = this.#sdk[sdkName]
    const more = typeof own === 'object' && own !== null && !Array.isArray(own) ? Object.values(own).map(String) : []
    return [...new Set([...values, ...more])].toSorted()
  }
}

/** Patterns are written for another language: one that does not compile here would stop every start, so it stops the freeze. */
function usablePattern(pattern: string): string {
  const whole = pattern
    .replaceAll(String.raw`\u10000-\u10FFFF`, String.raw`\u{10000}-\u{10FFFF}`)
    .replace(/\\([@:=,#/! ])/g, '$1')
  new RegExp(`^(?:${whole})$`, 'u')
  return whole
}

function readBotocore(folder: string): BotocoreModel {
  const zipped = join(folder, 'service-2.json.gz')
  const text = existsSync(zipped) ? gunzipSync(readFileSync(zipped)) : readFileSync(join(folder, 'service-2.json'))
  return JSON.parse(text.toString('utf8')) as BotocoreModel
}

/** @param data botocore's data folder */
function botocoreVersion(data: string): string {
  const version = /^__version__ = '([^']+)'/m.exec(readFileSync(join(data, '..', '__init__.py'), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`no version of botocore beside ${data}`)
  return version
}

function installedBotocore(): string {
  const script = 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))'
  return execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim()
}

function sorted(record: Json): Json {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** JSON with one line per value at depth three and below: a member per line. */
function print(value: unknown, depth = 0, indent = ''): string {
  const nested =
    typeof value === 'object' && value !== null && !Array.isArray(value) && holdsObjects(value) && depth < 5
  if (!nested) return JSON.stringify(value)
  const inner = `${indent}  `
  const lines = Object.entries(value as Json).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, depth + 1, inner)}`,
  )
  return `{\n${lines.join(',\n')}\n${indent}}${depth === 0 ? '\n' : ''}`
}

function holdsObjects(value: object): boolean {
  return Object.values(value).some((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
}

main()
