/** A request server on a fake host for this package's tests: its handlers wait for the test. Tests only. */
import { Arena } from '@millrace/log/arena'
import type { Encodable } from '@millrace/protocol/definition'
import {
  produceRequest,
  produceResponse,
  type ProduceRequest,
  type ProduceResponseInput,
} from '@millrace/protocol/messages/00-produce'
import {
  metadataRequest,
  metadataResponse,
  type MetadataRequest,
  type MetadataResponseInput,
} from '@millrace/protocol/messages/03-metadata'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger, type RecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import type { ClientAccess } from './access/client-access.ts'
import type { ApiHandler, RequestContext, Respond } from './api-handler.ts'
import type { AdvertisedFeatures } from './api-versions.ts'
import type { ConnectionLimits, RequestServerLimits } from './limits.ts'
import type { RequestQuotas } from './request-quotas.ts'
import { TestClient } from './test-client-fixture.ts'
import { RequestServer } from './request-server.ts'

const RANGES: ReadonlyMap<number, { min: number; max: number }> = new Map([
  [0, { min: 3, max: 11 }],
  [3, { min: 0, max: 12 }],
  [17, { min: 0, max: 1 }],
  [18, { min: 0, max: 4 }],
  [36, { min: 0, max: 2 }],
  [60, { min: 0, max: 1 }],
  [63, { min: 0, max: 1 }],
])
const FEATURES: AdvertisedFeatures = {
  supported: [
    { name: 'metadata.version', minVersion: 1, maxVersion: 21 },
    { name: 'group.version', minVersion: 0, maxVersion: 1 },
  ],
  finalized: () => ({
    epoch: 5,
    levels: new Map([
      ['metadata.version', 21],
      ['group.version', 0],
    ]),
  }),
}
export const NO_TOPICS: { topics: [] } = { topics: [] }
export const SOFTWARE: { clientSoftwareName: string; clientSoftwareVersion: string } = {
  clientSoftwareName: 'test-client',
  clientSoftwareVersion: '1.0',
}

export interface Asked<Request, Response> {
  readonly context: RequestContext
  readonly request: Request
  readonly respond: Respond<Response>
}

export type ProduceBody = Encodable<typeof produceRequest>

export interface Fixture {
  readonly world: World
  readonly server: RequestServer
  readonly serverHost: FakeHost
  readonly arena: Arena
  readonly logger: RecordingLogger
  readonly produced: Asked<ProduceRequest, ProduceResponseInput>[]
  readonly asked: Asked<MetadataRequest, MetadataResponseInput>[]
  readonly closedConnections: number[]
  readonly connect: (listenerName?: string) => TestClient
}

/** A server whose Produce and Metadata wait for the test, DescribeCluster throws, and BrokerHeartbeat is internal. */
export function createFixture(
  limits: Partial<RequestServerLimits> = {},
  quotas?: RequestQuotas,
  connectionLimits?: ConnectionLimits,
  access?: ClientAccess,
): Fixture {
  const world = new World({ seed: 7 })
  const serverHost = world.addHost('server')
  const clientHost = world.addHost('client')
  const arena = new Arena({ slabBytes: 256 * 1024, tailBytesMax: 0, poison: true })
  const logger = createRecordingLogger()
  const produced: Fixture['produced'] = []
  const asked: Fixture['asked'] = []
  const closedConnections: number[] = []
  const handlers = new Map<number, ApiHandler>([
    [
      0,
      {
        request: produceRequest,
        response: produceResponse,
        handle: (context, request, respond) =>
          produced.push({ context, request, respond } as (typeof produced)[number]),
      },
    ],
    [
      3,
      {
        request: metadataRequest,
        response: metadataResponse,
        handle: (context, request, respond) => asked.push({ context, request, respond } as (typeof asked)[number]),
      },
    ],
    [
      60,
      {
        request: describeClusterRequest,
        response: describeClusterResponse,
        handle: () => {
          throw new Error('handler broke')
        },
      },
    ],
    [
      63,
      {
        request: brokerHeartbeatRequest,
        response: brokerHeartbeatResponse,
        internalOnly: true,
        handle: (_context, _request, respond) => respond({ throttleTimeMs: 0, errorCode: 0 }),
      },
    ],
  ])
  const server = new RequestServer({
    host: serverHost,
    logger,
    arena,
    handlers,
    listeners: [
      { name: 'CLIENT', host: '0.0.0.0', port: 0, internal: false },
      { name: 'INTERNAL', host: '0.0.0.0', port: 0, internal: true },
    ],
    versionRange: (apiKey) => RANGES.get(apiKey) ?? null,
    features: FEATURES,
    internalSecret: 'the secret',
    limits,
    ...(quotas === undefined ? {} : { quotas }),
    ...(connectionLimits === undefined ? {} : { connectionLimits }),
    ...(access === undefined ? {} : { access }),
    onConnectionClosed: ({ id }) => closedConnections.push(id),
  })
  let started = false
  server.start((error) => {
    if (error !== null) throw error
    started = true
  })
  world.runUntil(() => started)
  return {
    world,
    server,
    serverHost,
    arena,
    logger,
    produced,
    asked,
    closedConnections,
    connect(listenerName = 'CLIENT') {
      const client = new TestClient(clientHost, serverHost.address, server.port(listenerName))
      world.runUntil(() => client.connected)
      return client
    },
  }
}

export function emptyMetadata(): MetadataResponseInput {
  return { brokers: [], topics: [] }
}

export function produceBody(records: Buffer, acks = 1): ProduceBody {
  return { acks, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
}

export function reasonsOf({ logger }: Fixture): string[] {
  return logger.lines
    .filter(({ message }) => message === 'connection dropped')
    .map(({ fields }) => String(fields['reason']))
}
