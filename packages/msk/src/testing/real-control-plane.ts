/** A control plane on the embedded engine with real nodes, run from the sources: for process tests only. */
import type { Input, OperationName, Output } from '@millrace/aws/operation-types'
import { silentLogger } from '@millrace/base/logger'
import { engineFromSources } from '@millrace/engine/testing/engine-from-sources'
import { createMskService, type MskService } from '../msk-service.ts'
import { setKafkaScramUsers } from '../scram/scram-users.ts'
import { openKafkaTopics } from '../topics/kafka-topics.ts'
import { callContext } from './control-plane.ts'

export class RealControlPlane {
  readonly msk: MskService

  /** Opens the data directory and takes up what is there; does not wait for the clusters. */
  static async open(dataDir: string): Promise<RealControlPlane> {
    const { engine, host } = engineFromSources(dataDir)
    const openTopics = openKafkaTopics(engine, host)
    const setScramUsers = setKafkaScramUsers(engine, host)
    const msk = await createMskService({ dataDir, engine, logger: silentLogger, openTopics, setScramUsers })
    await msk.start()
    return new RealControlPlane(msk)
  }

  private constructor(msk: MskService) {
    this.msk = msk
  }

  async call<Name extends OperationName<'kafka'>>(
    name: Name,
    input: Input<'kafka', Name>,
  ): Promise<Output<'kafka', Name>> {
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
