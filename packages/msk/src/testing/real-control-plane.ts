/** A control plane on the embedded engine with real nodes, run from the sources: for process tests only. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Input, OperationName, Output } from '@millrace/aws/operation-types'
import { silentLogger } from '@millrace/base/logger'
import { EmbeddedEngine } from '@millrace/engine/embedded/embedded-engine'
import { readPartitions } from '@millrace/engine/embedded/read-partitions'
import { createNodeHost } from '@millrace/host/node-host'
import { createMskService, type MskService } from '../msk-service.ts'
import { openKafkaTopics } from '../topics/kafka-topics.ts'
import { callContext } from './control-plane.ts'

export const sourceArguments: readonly string[] = [
  '--conditions',
  'millrace-source',
  '--import',
  createRequire(import.meta.url).resolve('tsx'),
]

export function nodeEntry(role: 'broker' | 'controller'): string {
  return fileURLToPath(import.meta.resolve(`@millrace/engine/embedded/process/${role}-main`))
}

export class RealControlPlane {
  readonly msk: MskService

  /** Opens the data directory and takes up what is there; does not wait for the clusters. */
  static async open(dataDir: string): Promise<RealControlPlane> {
    const engine = new EmbeddedEngine({
      root: dataDir,
      listenHost: '127.0.0.1',
      ephemeral: false,
      nodeScripts: { broker: nodeEntry('broker'), controller: nodeEntry('controller'), execArgv: sourceArguments },
      logger: silentLogger,
      readPartitions,
    })
    const openTopics = openKafkaTopics(engine, createNodeHost())
    const msk = await createMskService({ dataDir, engine, logger: silentLogger, openTopics })
    await msk.start()
    return new RealControlPlane(msk)
  }

  private constructor(msk: MskService) {
    this.msk = msk
  }

  async call<Name extends OperationName<'kafka'>>(name: Name, input: Input<'kafka', Name>): Promise<Output<'kafka', Name>> {
    const operation = this.msk.service.operations.get(name)
    if (operation === undefined) throw new Error(`${name} has no code`)
    return (await operation(input as Readonly<Record<string, unknown>>, callContext)) as Output<'kafka', Name>
  }

  /** Of the first cluster, by node id; a node that is down has null. */
  async pids(): Promise<Map<number, number | null>> {
    const [cluster] = await this.msk.overview()
    return new Map(cluster?.nodes.map(({ nodeId, pid }) => [nodeId, pid]))
  }

  async state(): Promise<string | undefined> {
    return (await this.msk.overview())[0]?.state
  }
}
