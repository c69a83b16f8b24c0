/** Opens what a broker is built on (log directory, metadata copy, memory) and starts it. */
import { LogLevels } from '@millrace/base/log-levels'
import { Arena } from '@millrace/log/arena'
import { LogManager } from '@millrace/log/log-manager'
import { emptyImage } from '@millrace/metadata/image'
import { prepareCompression } from '@millrace/protocol/compression/compression'
import { Broker, type StartBrokerOptions } from './broker.ts'
import { BrokerSettings } from './metadata/broker-settings.ts'
import { openMetadataStore } from './metadata/metadata-store.ts'

const ARENA = { slabBytes: 4 * 1024 * 1024, tailBytesMax: 48 * 1024 * 1024 }

/** `callback` once: with the broker when the controller has unfenced it, or with why it cannot serve. */
export function startBroker(
  options: StartBrokerOptions,
  callback: (error: Error | null, broker: Broker | null) => void,
): void {
  const { host, config, logLevels = new LogLevels() } = options
  const logger = options.logger.child({ broker: config.nodeId })
  const context = { image: emptyImage, properties: config.properties, nodeId: config.nodeId }
  const settings = new BrokerSettings(context)
  const arena = new Arena(config.arena ?? ARENA)
  const { directory, clusterId, nodeId } = config
  // Loads in milliseconds, long before the first batch can arrive; where it fails, zstd batches are refused by name.
  prepareCompression((error) => {
    if (error !== null) logger.warn('zstd is not available', { error: error.message })
  })
  try {
    host.disk.makeDirectory(directory)
    const logOptions = {
      host,
      logger: logLevels.logger('kafka.log.LogManager', logger),
      directory,
      clusterId,
      nodeId,
      arena,
      defaults: settings.topic(''),
      producerIdExpirationMs: () => settings.number('producer.id.expiration.ms'),
      retentionPeriodMs: settings.number('log.retention.check.interval.ms'),
      cleanerSettings: () => settings.cleaner,
    }
    LogManager.open(logOptions, (error, logs) => {
      if (error !== null || logs === null) return callback(error, null)
      openMetadataStore(host, logger, directory, (storeError, store) => {
        if (storeError !== null || store === null) return callback(storeError, null)
        const broker = new Broker({ ...options, logger }, { logs, store, settings, arena, logLevels })
        broker.start((startError) => callback(startError, startError === null ? broker : null))
      })
    })
  } catch (error) {
    callback(error as Error, null)
  }
}
