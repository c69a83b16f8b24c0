/** Everything that holds clients and replicas of this broker to a rate, kept in step with the metadata. */
import type { Host } from '@millrace/base/host'
import type { MetadataChanges } from '@millrace/metadata/changes'
import type { MetadataImage } from '@millrace/metadata/image'
import type { BrokerSettings } from '../metadata/broker-settings.ts'
import { ClientQuotas } from './client-quotas.ts'
import { createReplicaThrottles, type ReplicaThrottles } from './replica-throttle.ts'

export class BrokerQuotas {
  readonly clients: ClientQuotas
  readonly throttles: ReplicaThrottles
  readonly #settings: BrokerSettings

  constructor(host: Pick<Host, 'clock'>, nodeId: number, settings: BrokerSettings) {
    this.#settings = settings
    this.clients = new ClientQuotas({
      host,
      windows: settings.windows('quota'),
      mutationWindows: settings.windows('controller.quota'),
      connectionRateMax: () => settings.number('max.connection.creation.rate'),
    })
    this.throttles = createReplicaThrottles({ host, nodeId, windows: settings.windows('replication.quota') })
  }

  /** Behind the settings: another image is in force. */
  update(image: MetadataImage, { configs }: MetadataChanges): void {
    this.clients.update(image)
    if (configs.size === 0) return
    for (const direction of ['leader', 'follower'] as const)
      this.throttles[direction].update(image, this.#settings.number(`${direction}.replication.throttled.rate`))
  }
}
