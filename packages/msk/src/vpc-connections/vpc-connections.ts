/**
 * Brings VPC connections from the states in which something is under way to those in which they rest, and follows what their
 * clusters serve. Safe to run again at any moment: after a crash it goes on from what is written.
 */
import type { Logger } from '@millrace/base/logger'
import { vpcModes } from '../network/outside-listeners.ts'
import type { Cluster, VpcConnection } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { modeOf } from './authentication.ts'
import { endConnectionOperations } from './connection-operations.ts'
import { type VpcConnectionEvent, vpcConnectionStateAfter } from './vpc-connection-state.ts'

export interface VpcConnectionsOptions {
  readonly store: Store
  readonly logger: Logger
  readonly clock: () => Date
  /** Who may come in is not what it was. */
  readonly onChange: () => void
}

export class VpcConnections {
  readonly #options: VpcConnectionsOptions
  #work: Promise<void> = Promise.resolve()

  constructor(options: VpcConnectionsOptions) {
    this.#options = options
  }

  /** Something has been accepted, or may have been left undone. Returns at once. */
  wake(): void {
    this.#work = this.#work
      .then(() => this.#settleAll())
      .catch((error: unknown) => {
        this.#options.logger.error('VPC connections could not be settled', { error })
      })
  }

  idle(): Promise<void> {
    return this.#work
  }

  /** The cluster is about to serve what it should be. */
  async follow(cluster: Cluster): Promise<void> {
    const served = vpcModes(cluster.desired.BrokerNodeGroupInfo.ConnectivityInfo)
    for (const connection of await this.#options.store.vpcConnectionsOf(cluster.arn)) {
      await this.#walk(connection, served.includes(modeOf(connection.authentication)) ? 'served' : 'not-served')
    }
    this.wake()
  }

  async clusterRemoved(clusterArn: string): Promise<void> {
    for (const connection of await this.#options.store.vpcConnectionsOf(clusterArn))
      await this.#walk(connection, 'not-served')
    this.wake()
  }

  async #settleAll(): Promise<void> {
    for (const connection of await this.#options.store.allVpcConnections()) {
      if (connection.state === 'DELETING') await this.#remove(connection)
      else if (!(await this.#walk(connection, 'done'))) continue
      this.#options.onChange()
    }
  }

  #remove(connection: VpcConnection): Promise<void> {
    return this.#options.store.transaction(async (store) => {
      await endConnectionOperations(store, connection, 'complete', this.#options.clock())
      await store.deleteVpcConnection(connection.arn)
    })
  }

  /** False when the event means nothing to the connection as it is now. */
  #walk({ arn }: VpcConnection, event: VpcConnectionEvent): Promise<boolean> {
    return this.#options.store.transaction(async (store) => {
      const connection = await store.vpcConnection(arn)
      const state = connection === null ? null : vpcConnectionStateAfter(connection.state, event)
      if (connection === null || state === null) return false
      await store.putVpcConnection({ ...connection, state })
      if (connection.state === 'CREATING') {
        const how = state === 'FAILED' ? 'fail' : 'complete'
        await endConnectionOperations(store, connection, how, this.#options.clock())
      }
      return true
    })
  }
}
