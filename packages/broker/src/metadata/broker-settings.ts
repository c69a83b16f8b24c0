/**
 * Effective settings of this broker and of topics: dynamic for this broker, then the dynamic cluster default, then the
 * static properties, then Kafka's default. A value is looked up and parsed once and kept until the metadata that could
 * change it changes, so the request path only pays for a map lookup.
 */
import { invariant } from '@millrace/base/invariant'
import { brokerValue, type ConfigContext } from '@millrace/metadata/configs/effective'
import type { CleanerSettings } from '@millrace/log/cleaner/cleaner-settings'
import type { LogConfig } from '@millrace/metadata/configs/log-config'
import { toLogConfig } from '@millrace/metadata/configs/to-log-config'
import type { MetadataImage } from '@millrace/metadata/image'
import type { WindowOptions } from '@millrace/metadata/quotas/rate-meter'

export class BrokerSettings {
  #context: ConfigContext
  readonly #numbers: Map<string, number> = new Map()
  readonly #topics: Map<string, LogConfig> = new Map()

  constructor(context: ConfigContext) {
    this.#context = context
  }

  /** What the functions of @millrace/metadata/configs/effective need to describe configs. */
  get context(): ConfigContext {
    return this.#context
  }

  /** Another image is in force. `changedConfigs`: whether any config differs from the image before. */
  update(image: MetadataImage, changedConfigs: boolean): void {
    this.#context = { ...this.#context, image }
    if (!changedConfigs) return
    this.#numbers.clear()
    this.#topics.clear()
  }

  /** A numeric broker key ('fetch.max.bytes'); InvariantError for a key that is unknown or has no numeric value. */
  number(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const text = brokerValue(this.#context, key)
    const value = text === null || text === '' ? NaN : Number(text)
    invariant(!Number.isNaN(value), 'broker setting is not a number', { key, text })
    this.#numbers.set(key, value)
    return value
  }

  boolean(key: string): boolean {
    return this.string(key).toLowerCase() === 'true'
  }

  /** '' when not set. */
  string(key: string): string {
    return brokerValue(this.#context, key) ?? ''
  }

  /** Effective settings of a topic; broker defaults for a topic without own settings. Shared between its partitions. */
  topic(name: string): LogConfig {
    let settings = this.#topics.get(name)
    if (settings === undefined) {
      settings = toLogConfig(this.#context, name)
      this.#topics.set(name, settings)
    }
    return settings
  }

  /** The windows of a kind of quota: `quota`, `replication.quota`, … */
  windows(kind: string): WindowOptions {
    return {
      count: this.number(`${kind}.window.num`),
      sizeMs: this.number(`${kind}.window.size.seconds`) * 1000,
    }
  }

  /** How this broker compacts; every key of it may change while the broker runs. */
  get cleaner(): CleanerSettings {
    return {
      enabled: this.boolean('log.cleaner.enable'),
      backoffMs: this.number('log.cleaner.backoff.ms'),
      dedupeBufferBytes: this.number('log.cleaner.dedupe.buffer.size'),
      loadFactor: this.number('log.cleaner.io.buffer.load.factor'),
      ioBytesPerSecondMax: this.number('log.cleaner.io.max.bytes.per.second'),
    }
  }

  /** `millrace.validate.records=header`: batches are checked by header and CRC only. */
  get validateHeadersOnly(): boolean {
    return this.#context.properties['millrace.validate.records'] === 'header'
  }
}
