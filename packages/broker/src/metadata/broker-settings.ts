/**
 * Effective settings of this broker and of topics: dynamic for this broker, then the dynamic cluster default, then the
 * static properties, then Kafka's default. Values are parsed once per metadata change, never on a request.
 */
import type { LogConfig } from '@millrace/log/log-config'

export interface BrokerSettings {
  /** A numeric broker key ('fetch.max.bytes'); throws InvariantError for a key that is unknown or not numeric. */
  number(key: string): number
  boolean(key: string): boolean
  string(key: string): string
  /** Settings of the topic's logs; broker defaults for a topic without own settings. Shared between partitions of a topic. */
  topic(name: string): LogConfig
  /** True for `millrace.validate.records=header`: batches are checked by header and CRC only. */
  readonly validateHeadersOnly: boolean
}
