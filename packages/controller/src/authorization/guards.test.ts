/**
 * What every API of clients needs at the controller (kafka-protocol §6.3), as data. An API that is added without a case
 * fails the first test; one without a guard keeps the controller from starting.
 */
import { MetadataDelta } from '@millrace/metadata/delta'
import { emptyImage } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import { guardHandlers } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, PatternType, PermissionType, ResourceType } from '@millrace/policy/acl/acl'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { Authorizer } from '@millrace/policy/acl/authorizer'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import { ErrorCode } from '@millrace/protocol/errors'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import { describe, expect, it } from 'vitest'
import type { ControllerRuntime } from '../controller-runtime.ts'
import { TOPIC_ID } from '../testing/decision-fixture.ts'
import { controllerGuards } from './guards.ts'

const TOPIC = ErrorCode.TOPIC_AUTHORIZATION_FAILED
const GROUP = ErrorCode.GROUP_AUTHORIZATION_FAILED
const CLUSTER = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
type Need = readonly [operation: keyof typeof AclOperation, resource: 'TOPIC' | 'GROUP' | 'CLUSTER', name: string]
const onCluster = (operation: keyof typeof AclOperation): Need => [operation, 'CLUSTER', CLUSTER_NAME]

interface Case {
  readonly api: keyof typeof ApiKey
  readonly versions: readonly number[]
  readonly body: object
  /** One of them is enough. */
  readonly needs: readonly Need[]
  readonly errorCode: number
}

const newTopic = { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
const acl = {
  resourceType: 2,
  resourceName: 'x',
  principal: 'User:a',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const configs = (resourceType: number, resourceName: string): object => ({
  resources: [{ resourceType, resourceName, configs: [] }],
  validateOnly: false,
})
const alterations = (resourceType: number, name: string, need: Need, errorCode: number): Case[] => [
  { api: 'AlterConfigs', versions: [0, 2], body: configs(resourceType, name), needs: [need], errorCode },
  { api: 'IncrementalAlterConfigs', versions: [0, 1], body: configs(resourceType, name), needs: [need], errorCode },
]

const CASES: readonly Case[] = [
  {
    api: 'CreateTopics',
    versions: [2, 5, 7],
    body: { topics: [newTopic], timeoutMs: 1, validateOnly: false },
    needs: [['CREATE', 'TOPIC', 'orders'], onCluster('CREATE')],
    errorCode: TOPIC,
  },
  {
    api: 'DeleteTopics',
    versions: [1, 5],
    body: { topicNames: ['orders'], timeoutMs: 1 },
    needs: [['DELETE', 'TOPIC', 'orders']],
    errorCode: TOPIC,
  },
  {
    api: 'DeleteTopics',
    versions: [6],
    body: { topics: [{ name: 'orders' }], timeoutMs: 1 },
    needs: [['DELETE', 'TOPIC', 'orders']],
    errorCode: TOPIC,
  },
  {
    api: 'DeleteTopics',
    versions: [6],
    body: { topics: [{ name: null, topicId: TOPIC_ID }], timeoutMs: 1 },
    needs: [['DELETE', 'TOPIC', 'orders']],
    errorCode: TOPIC,
  },
  {
    api: 'CreatePartitions',
    versions: [0, 3],
    body: { topics: [{ name: 'orders', count: 2, assignments: null }], timeoutMs: 1, validateOnly: false },
    needs: [['ALTER', 'TOPIC', 'orders']],
    errorCode: TOPIC,
  },
  ...alterations(2, 'orders', ['ALTER_CONFIGS', 'TOPIC', 'orders'], TOPIC),
  ...alterations(4, '1', onCluster('ALTER_CONFIGS'), CLUSTER),
  ...alterations(8, '1', onCluster('ALTER_CONFIGS'), CLUSTER),
  ...alterations(16, 'm', onCluster('ALTER_CONFIGS'), CLUSTER),
  ...alterations(32, 'team', ['ALTER_CONFIGS', 'GROUP', 'team'], GROUP),
  {
    api: 'CreateAcls',
    versions: [0, 1, 3],
    body: { creations: [acl] },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  {
    api: 'DeleteAcls',
    versions: [0, 1, 3],
    body: {
      filters: [
        {
          resourceTypeFilter: 1,
          resourceNameFilter: null,
          principalFilter: null,
          hostFilter: null,
          operation: 1,
          permissionType: 1,
        },
      ],
    },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  {
    api: 'ElectLeaders',
    versions: [0, 1, 2],
    body: { topicPartitions: [{ topic: 'orders', partitions: [0] }], timeoutMs: 1 },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  {
    api: 'AlterPartitionReassignments',
    versions: [0, 1],
    body: { topics: [] },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  {
    api: 'ListPartitionReassignments',
    versions: [0],
    body: { topics: null },
    needs: [onCluster('DESCRIBE')],
    errorCode: CLUSTER,
  },
  {
    api: 'AlterClientQuotas',
    versions: [0, 1],
    body: { entries: [{ entity: [], ops: [] }], validateOnly: false },
    needs: [onCluster('ALTER_CONFIGS')],
    errorCode: CLUSTER,
  },
  {
    api: 'AlterUserScramCredentials',
    versions: [0],
    body: { deletions: [{ name: 'a', mechanism: 2 }], upsertions: [] },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  { api: 'DescribeQuorum', versions: [0, 2], body: { topics: [] }, needs: [onCluster('DESCRIBE')], errorCode: CLUSTER },
  {
    api: 'UpdateFeatures',
    versions: [0, 2],
    body: { featureUpdates: [] },
    needs: [onCluster('ALTER')],
    errorCode: CLUSTER,
  },
  { api: 'UnregisterBroker', versions: [0], body: { brokerId: 1 }, needs: [onCluster('ALTER')], errorCode: CLUSTER },
]

const runtime = ((): ControllerRuntime => {
  const delta = new MetadataDelta(emptyImage)
  delta.replay({ type: RecordType.TOPIC, version: 0, body: { name: 'orders', topicId: TOPIC_ID } })
  return { image: delta.finish({ offset: 1, epoch: 1, timestampMs: 0 }).image } as unknown as ControllerRuntime
})()

function askWith(allowed: readonly Need[], { api, body }: Case, version: number) {
  const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => 0 })
  const acls = allowed.map(([operation, resource, resourceName]) => ({
    resourceType: ResourceType[resource],
    resourceName,
    patternType: PatternType.LITERAL,
    principal: 'User:a',
    host: '*',
    operation: AclOperation[operation],
    permissionType: PermissionType.ALLOW,
  }))
  authorizer.use([new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })])
  const key = ApiKey[api]
  const definition = apiByKey(key)
  if (definition === undefined) throw new Error(`no API ${api}`)
  const { request, response } = definition
  const decided: unknown[] = []
  const answer = { errorCode: 0, errorMessage: null, topics: [], nodes: [], responses: [], results: [], entries: [] }
  const more = { filterResults: [], replicaElectionResults: [] }
  const handler = {
    request,
    response,
    handle(_: unknown, asked: unknown, respond: (told: unknown) => void) {
      decided.push(asked)
      respond({ ...answer, ...more })
    },
  }
  const guarded = guardHandlers(new Map([[key, handler]]), controllerGuards(runtime), authorizer).get(key)
  const writer = new Writer()
  encodeMessage(request, version, body as never, writer)
  const asked = decodeMessage(request, version, new Reader(writer.finishBuffer()))
  const connection = { principal: 'User:a', remoteAddress: '10.0.0.1', internal: true }
  const told: unknown[] = []
  guarded?.handle({ connection, apiVersion: version } as never, asked, (each) => {
    const out = new Writer()
    encodeMessage(response, version, each as never, out)
    told.push(decodeMessage(response, version, new Reader(out.finishBuffer())))
  })
  return {
    decided,
    told,
    errors:
      JSON.stringify(told)
        .match(/(?<=rrorCode":)[1-9]\d*/g)
        ?.map(Number) ?? [],
  }
}

describe('guards of the controller', () => {
  it('have a case here for every API', () => {
    const known = new Set<number>(CASES.map(({ api }) => ApiKey[api]))
    expect([...controllerGuards(runtime).keys()].filter((key) => !known.has(key))).toEqual([])
  })

  it.each(CASES.flatMap((each) => each.versions.map((version) => [each.api, version, each] as const)))(
    '%s %d passes whole with what it needs, and is refused without',
    (api, version, each) => {
      for (const need of each.needs) {
        const { decided, errors } = askWith([need], each, version)
        expect(decided).toHaveLength(1)
        expect(errors).toEqual([])
      }
      const { told, errors } = askWith([], each, version)
      expect(told).toHaveLength(1)
      // Version 0 of ElectLeaders has errors by partition alone, like every version of those by item.
      expect([...new Set(errors)]).toEqual([each.errorCode])
      expect(api).toBe(each.api)
    },
  )

  it('never refuse a node', () => {
    const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => 0 })
    authorizer.use([new AclAuthority({ acls: [], superUsers: new Set(), allowEveryoneIfNoAcl: false })])
    expect(authorizer.of({ principal: 'Node:internal', remoteAddress: '127.0.0.1' }).unrestricted).toBe(true)
  })

  it('tell the name of a topic that is deleted by id only to who may describe it', () => {
    const byId = CASES.find(({ body }) => JSON.stringify(body).includes(TOPIC_ID))
    if (byId === undefined) throw new Error('no case by id')
    const nameTold = (allowed: readonly Need[]): unknown => {
      const [told] = askWith(allowed, byId, 6).told as { responses: { name: string | null }[] }[]
      return told?.responses[0]?.name
    }
    expect(nameTold([])).toBeNull()
    expect(nameTold([['DESCRIBE', 'TOPIC', 'orders']])).toBe('orders')
  })
})
