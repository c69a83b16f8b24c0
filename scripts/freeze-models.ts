/**
 * Writes packages/aws/models: per service what is on the wire (operations, shapes) from the runtime schemas of the
 * official SDK client, and a side table of constraints (bounds, patterns, enums, integer or not) from botocore's model of
 * the same service. Interface facts only, no documentation text. Output is sorted and one member per line, so that an
 * upgrade of the SDK is a readable diff.
 *
 *     npm run freeze-models -- [botocore's data folder]     (or MILLRACE_BOTOCORE_DATA; default: asks python3)
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
import { ConstraintTable, sorted } from './freeze-constraints.ts'
import { Shapes, traitsOf, type Json } from './freeze-shapes.ts'

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

const modelsFolder = join(import.meta.dirname, '..', 'packages', 'aws', 'models')
const typesFolder = join(import.meta.dirname, '..', 'packages', 'aws', 'src', 'frozen')
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

/** Operations that are called without a signature (AssumeRoleWithWebIdentity): only botocore says which. */
function markUnsigned(model: Json, older: BotocoreModel): void {
  for (const [name, operation] of Object.entries(model['operations'] as Record<string, Json>)) {
    if (older.operations[name]?.authtype === 'none') operation['unsigned'] = true
  }
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
