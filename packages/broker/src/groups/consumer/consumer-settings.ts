/** What the settings of the broker, and of one group (config resource GROUP, KIP-848), say about consumer groups. */
import { ConfigResourceType, dynamicConfigs, type MetadataImage } from '@millrace/metadata/image'
import { splitList } from '@millrace/metadata/configs/definition'
import type { BrokerSettings } from '../../metadata/broker-settings.ts'
import { assignorsByName } from '../modern/assignors.ts'
import type { Assignor } from '../modern/assignor.ts'
import type { MigrationPolicy } from './decision-context.ts'

const POLICIES: readonly MigrationPolicy[] = ['bidirectional', 'upgrade', 'downgrade', 'disabled']

export class ConsumerSettings {
  readonly #settings: BrokerSettings
  readonly #image: () => MetadataImage

  constructor(settings: BrokerSettings, image: () => MetadataImage) {
    this.#settings = settings
    this.#image = image
  }

  get assignors(): ReadonlyMap<string, Assignor> {
    return assignorsByName(splitList(this.#settings.string('group.consumer.assignors')))
  }

  get groupSizeMax(): number {
    return this.#settings.number('group.consumer.max.size')
  }

  get classicGroupSizeMax(): number {
    return this.#settings.number('group.max.size')
  }

  get migrationPolicy(): MigrationPolicy {
    const policy = this.#settings.string('group.consumer.migration.policy').toLowerCase()
    return POLICIES.find((known) => known === policy) ?? 'disabled'
  }

  sessionTimeoutMs(groupId: string): number {
    return this.#ofGroup(groupId, 'session.timeout.ms')
  }

  heartbeatIntervalMs(groupId: string): number {
    return this.#ofGroup(groupId, 'heartbeat.interval.ms')
  }

  /** The group's own value, kept within the broker's bounds; else the broker's. */
  #ofGroup(groupId: string, key: string): number {
    const own = dynamicConfigs(this.#image(), ConfigResourceType.GROUP, groupId).get(`consumer.${key}`)
    if (own === undefined) return this.#settings.number(`group.consumer.${key}`)
    const least = this.#settings.number(`group.consumer.min.${key}`)
    const most = this.#settings.number(`group.consumer.max.${key}`)
    return Math.min(Math.max(Number(own), least), most)
  }
}
