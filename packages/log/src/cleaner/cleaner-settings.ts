/** How a broker compacts (kafka-configs: log.cleaner.*). Sizes in bytes, times in milliseconds. */
export interface CleanerSettings {
  /** log.cleaner.enable */
  readonly enabled: boolean
  /** log.cleaner.backoff.ms: pause when no log needs compaction. */
  readonly backoffMs: number
  /** log.cleaner.dedupe.buffer.size: bound of the map of keys. */
  readonly dedupeBufferBytes: number
  /** log.cleaner.io.buffer.load.factor: how full the map may get. */
  readonly loadFactor: number
  /** log.cleaner.io.max.bytes.per.second, read and written together. */
  readonly ioBytesPerSecondMax: number
}

/** Kafka's defaults (3.9). */
export const defaultCleanerSettings: CleanerSettings = {
  enabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 134_217_728,
  loadFactor: 0.9,
  ioBytesPerSecondMax: Number.MAX_VALUE,
}
