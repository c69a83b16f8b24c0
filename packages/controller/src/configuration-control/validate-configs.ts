/** Checks config keys and values against their definitions. Messages are Kafka's. */
import { ErrorCode } from '@millrace/protocol/errors'
import { brokerConfig } from '@millrace/metadata/configs/broker-configs'
import { configValueError } from '@millrace/metadata/configs/definition'
import { topicConfig } from '@millrace/metadata/configs/topic-configs'
import type { ItemError } from '../decision.ts'

/** The first thing wrong with the whole set of a topic's dynamic configs, or null. */
export function topicConfigErrors(configs: ReadonlyMap<string, string>): ItemError | null {
  for (const [name, value] of configs) {
    const definition = topicConfig(name)
    if (definition === undefined) return invalid(`Unknown topic config name: ${name}`)
    const complaint = configValueError(definition, value)
    if (complaint !== null) return invalid(complaint)
  }
  return compactionLagError(configs) ?? localRetentionError(configs)
}

/** The first thing wrong with the dynamic configs of a broker, or of all brokers (`clusterWide`). */
export function brokerConfigErrors(configs: ReadonlyMap<string, string>, clusterWide: boolean): ItemError | null {
  const readOnly = [...configs.keys()].filter((name) => brokerConfig(plainName(name))?.scope === 'read-only')
  if (readOnly.length > 0) {
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: `Cannot update these configs dynamically: [${readOnly.join(', ')}]`,
    }
  }
  for (const [name, value] of configs) {
    const definition = brokerConfig(plainName(name))
    if (definition === undefined) return invalid(`Unknown broker config name: ${name}`)
    const complaint = configValueError(definition, value)
    if (complaint !== null) return invalid(complaint)
    if (clusterWide && definition.scope === 'per-broker') {
      return {
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: `Cannot update these configs at default cluster level: [${name}]`,
      }
    }
  }
  return null
}

/** `listener.name.<listener>.<key>` sets the key for one listener. */
function plainName(name: string): string {
  const match = /^listener\.name\.[^.]+\.(.+)$/.exec(name)
  return match?.[1] ?? name
}

function compactionLagError(configs: ReadonlyMap<string, string>): ItemError | null {
  const min = configs.get('min.compaction.lag.ms')
  const max = configs.get('max.compaction.lag.ms')
  if (min === undefined || max === undefined || BigInt(min) <= BigInt(max)) return null
  return invalid(`conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`)
}

function localRetentionError(configs: ReadonlyMap<string, string>): ItemError | null {
  for (const unit of ['ms', 'bytes']) {
    const total = configs.get(`retention.${unit}`)
    const local = configs.get(`local.retention.${unit}`)
    if (total === undefined || local === undefined || Number(total) === -1 || Number(local) === -2) continue
    if (Number(local) === -1 || Number(local) > Number(total)) {
      return invalid(
        `Invalid value ${local} for configuration local.retention.${unit}: Value must not be more than retention.${unit} property value: ${total}`,
      )
    }
  }
  return null
}

function invalid(errorMessage: string): ItemError {
  return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage }
}
