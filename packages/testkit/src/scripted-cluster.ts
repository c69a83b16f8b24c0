/** Several ScriptedBrokers that tell of each other: Metadata and FindCoordinator are answered, the rest is scripted. */
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { findCoordinatorRequest, findCoordinatorResponse } from '@millrace/protocol/messages/10-find-coordinator'
import type { FakeHost } from './fake-host.ts'
import { ScriptedBroker } from './scripted-broker.ts'
import type { World } from './world.ts'

export const SCRIPTED_PORT = 9092

export class ScriptedCluster {
  readonly clientHost: FakeHost
  readonly hosts: readonly FakeHost[]
  /** Node ids are 1, 2, …; brokers[0] is node 1. */
  readonly brokers: readonly ScriptedBroker[]
  readonly bootstrap: string
  /** Leader of each partition, by topic. */
  readonly topics: Map<string, number[]> = new Map()
  controllerId = 1
  coordinatorId = 1

  constructor(world: World, brokerCount: number) {
    this.clientHost = world.addHost('client')
    this.hosts = Array.from({ length: brokerCount }, (_, index) => world.addHost(`broker-${index + 1}`))
    this.brokers = this.hosts.map((host) => new ScriptedBroker({ host, name: host.name, port: SCRIPTED_PORT }))
    this.bootstrap = this.hosts.map(({ name }) => `${name}:${SCRIPTED_PORT}`).join(',')
    for (const broker of this.brokers) this.#scriptMetadata(broker)
  }

  /** The broker with that node id. */
  node(id: number): ScriptedBroker {
    const broker = this.brokers[id - 1]
    if (broker === undefined) throw new RangeError(`no broker ${id}`)
    return broker
  }

  #scriptMetadata(broker: ScriptedBroker): void {
    broker.answer(metadataRequest, metadataResponse, ({ topics }) => ({
      brokers: this.hosts.map(({ name }, index) => ({
        nodeId: index + 1,
        host: name,
        port: SCRIPTED_PORT,
        rack: `zone-${index + 1}`,
      })),
      clusterId: 'scripted',
      controllerId: this.controllerId,
      topics: (topics?.map(({ name }) => name ?? '') ?? [...this.topics.keys()]).map((name) => {
        const leaders = this.topics.get(name)
        return {
          errorCode: leaders === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE,
          name,
          partitions: (leaders ?? []).map((leaderId, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId,
            replicaNodes: [leaderId],
            isrNodes: [leaderId],
          })),
        }
      }),
    }))
    broker.answer(findCoordinatorRequest, findCoordinatorResponse, ({ coordinatorKeys }) => {
      const nodeId = this.coordinatorId
      const host = this.hosts[nodeId - 1]?.name ?? ''
      const found = { nodeId, host, port: SCRIPTED_PORT, errorCode: 0, errorMessage: null }
      return { ...found, coordinators: coordinatorKeys.map((one) => ({ key: one, ...found })) }
    })
  }
}
