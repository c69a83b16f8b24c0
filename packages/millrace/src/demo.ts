/** The demo cluster of `npm start`, and the proof that it works: a record written with acks=all and read back. */
import { AdminClient } from '@millrace/client/admin'
import { KafkaError } from '@millrace/client/kafka-error'
import { Producer } from '@millrace/client/producer'
import { PartitionConsumer } from '@millrace/client/consumer'
import { createNodeHost } from '@millrace/host/node-host'
import { ErrorCode } from '@millrace/protocol/errors'
import type { KafkaApi } from './aws-client.ts'
import { UserError } from './user-error.ts'

/** A cluster that is open to everybody who reaches it, by plaintext and by TLS. */
export function plaintextCluster(
  clusterName: string,
  brokers: number,
  kafkaVersion = '3.9.x',
  inCluster = true,
): { clusterName: string; provisioned: object } {
  const zones = Math.min(3, brokers)
  const clientSubnets = ['a', 'b', 'c'].slice(0, zones).map((zone) => `subnet-0000000000000000${zone}`)
  return {
    clusterName,
    provisioned: {
      brokerNodeGroupInfo: { instanceType: 'kafka.m5.large', clientSubnets },
      kafkaVersion,
      numberOfBrokerNodes: brokers,
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS_PLAINTEXT', inCluster } },
      clientAuthentication: { unauthenticated: { enabled: true } },
    },
  }
}

/** Polls until the cluster is ACTIVE; throws a UserError when it fails or `limitMs` pass. */
export async function untilActive(api: KafkaApi, arn: string, limitMs = 60_000): Promise<void> {
  const startedMs = performance.now()
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 1.5, 200)) {
    const { state, stateInfo } = await api.describeCluster(arn)
    if (state === 'ACTIVE') return
    if (state === 'FAILED')
      throw new UserError(
        `The cluster failed: ${stateInfo?.message ?? 'no reason was recorded'}. The logs are in the data directory.`,
      )
    if (performance.now() - startedMs > limitMs)
      throw new UserError(
        `The cluster is still ${state} after ${Math.round(limitMs / 1000)} s. \`millrace status\` tells more.`,
      )
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

const PROBE_TOPIC = 'millrace-probe'

/** What the probe meets where the cluster's ACLs keep its topic from it; it is hidden then, but there. */
const REFUSALS: ReadonlySet<number> = new Set<number>([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TOPIC_ALREADY_EXISTS,
])

/** Whether `probe` failed because the user's own ACLs do not let it write: the cluster works as it was told to. */
export function isRefusedByAcls(error: unknown): boolean {
  return error instanceof KafkaError && REFUSALS.has(error.code)
}

/** Writes one record with acks=all and reads it back; the milliseconds that took, topic creation excluded. */
export async function probe(bootstrap: string): Promise<number> {
  const host = createNodeHost({ timersHoldProcess: true })
  const admin = new AdminClient({ host, bootstrap, clientId: 'millrace-probe' })
  const producer = new Producer({ host, bootstrap, clientId: 'millrace-probe', acks: -1 })
  const consumer = new PartitionConsumer({ host, bootstrap, clientId: 'millrace-probe' })
  try {
    const topics = await admin.listTopics()
    if (!topics.some((topic) => topic.name === PROBE_TOPIC)) {
      await admin.createTopics([{ name: PROBE_TOPIC, partitions: 1, replicationFactor: -1 }])
    }
    const value = Buffer.from(`ready ${Date.now()}`)
    const startedMs = performance.now()
    const written = await producer.send({ topic: PROBE_TOPIC, partition: 0, key: null, value })
    const records = await consumer.read({ topic: PROBE_TOPIC, partition: 0, offset: written.offset, maxWaitMs: 1_000 })
    const back = records.find((record) => record.offset === written.offset)
    if (back?.value?.equals(value) !== true)
      throw new UserError('A record was written with acks=all but could not be read back.')
    return performance.now() - startedMs
  } finally {
    await producer.close()
    consumer.close()
    admin.close()
  }
}
