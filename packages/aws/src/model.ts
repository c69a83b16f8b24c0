/**
 * A service's frozen model: what is on the wire, and nothing else. `npm run freeze-models` writes models/SERVICE.json
 * (operations and shapes, from the SDK's runtime schemas) and models/SERVICE.constraints.json (bounds, patterns and
 * enums, from botocore). This module turns them into linked objects once per service. Both are read from the
 * package's own folder; nothing else of the process touches them.
 */
import { readFileSync } from 'node:fs'
import { linkModel, type FrozenConstraints, type FrozenModel } from './link-model.ts'
import type { ServiceName } from './operation-types.ts'

export type ProtocolName = 'restJson1' | 'awsJson1_0' | 'awsJson1_1' | 'awsQuery' | 'ec2Query' | 'restXml' | 'rpcv2Cbor'

export interface Model<Name extends string = string> {
  /** Signing name: the service part of a signature's scope. */
  readonly service: Name
  readonly serviceId: string
  readonly apiVersion: string
  readonly protocol: ProtocolName
  /** Of awsQuery and restXml answers; null otherwise. */
  readonly xmlNamespace: string | null
  /** Last dotted part of X-Amz-Target in the JSON protocols. */
  readonly serviceTarget: string
  readonly operations: ReadonlyMap<string, Operation>
  /** Operations of the service that are known by name alone: nothing of them is served. */
  readonly others: ReadonlySet<string>
  /** Error shapes by exception name. */
  readonly errors: ReadonlyMap<string, Structure>
}

export interface Operation {
  readonly name: string
  /** Called without a signature; the request carries its proof otherwise. */
  readonly unsigned: boolean
  readonly http: HttpBinding | null
  /** Null: no input members at all. */
  readonly input: Structure | null
  readonly output: Structure | null
}

export interface HttpBinding {
  readonly method: string
  /** `/v1/clusters/{ClusterArn}/topics`. */
  readonly path: string
  readonly status: number
}

export type Shape = Scalar | Structure | ListShape | MapShape

export interface Scalar {
  readonly kind: 'string' | 'number' | 'boolean' | 'blob' | 'timestamp' | 'document'
  /** Of timestamps: how the wire writes it; null: the protocol's default. */
  readonly format: TimestampFormat | null
}

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds'

export interface Structure {
  readonly kind: 'structure' | 'union'
  readonly name: string
  readonly members: readonly Member[]
  readonly error: ErrorTraits | null
}

export interface ErrorTraits {
  readonly fault: 'client' | 'server'
  readonly status: number
  /** Code in awsQuery answers; null: the exception's name. */
  readonly queryCode: string | null
}

export interface ListShape {
  readonly kind: 'list'
  readonly item: Shape
}

export interface MapShape {
  readonly kind: 'map'
  readonly value: Shape
}

export interface Member {
  readonly name: string
  /** In a JSON body, an XML answer, and unless `queryName` differs in a form. */
  readonly wireName: string
  /** In a request of the query protocols. */
  readonly queryName: string
  readonly shape: Shape
  readonly required: boolean
  readonly sensitive: boolean
  readonly location: 'body' | 'label' | 'query' | 'header'
  /** Of query and header members: the parameter's or header's name. */
  readonly locationName: string | null
  readonly constraint: Constraint | null
}

/** Bounds on one member, inclusive: length of a string or list, value of a number. */
export interface Constraint {
  readonly min: number | null
  readonly max: number | null
  readonly pattern: RegExp | null
  readonly values: ReadonlySet<string> | null
  /** Numbers without a fraction only. */
  readonly integer: boolean
  /** Of list items and map values. */
  readonly item: Constraint | null
}

/** The linked model of a service. Reads two files; call it once at start. */
export function loadModel<Name extends ServiceName>(name: Name): Model<Name> {
  const model = readModelFile(`${name}.json`) as FrozenModel
  return { ...linkModel(model, readModelFile(`${name}.constraints.json`) as FrozenConstraints), service: name }
}

function readModelFile(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../models/${file}`, import.meta.url), 'utf8'))
}
