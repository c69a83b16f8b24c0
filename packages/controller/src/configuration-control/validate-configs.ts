/** Checks config keys and values against their definitions. Messages are Kafka's. */
import { ErrorCode } from '@millrace/protocol/errors'
import { brokerConfig } from '@millrace/metadata/configs/broker-configs'
import { clientMetricsConfig } from '@millrace/metadata/configs/client-metrics-configs'
import { configValueError, type ConfigDefinition } from '@millrace/metadata/configs/definition'
import { brokerNumber } from '@millrace/metadata/configs/effective'
import { GROUP_BOUNDS, groupConfig } from '@millrace/metadata/configs/group-configs'
import { topicConfig } from '@millrace/metadata/configs/topic-configs'
import type { ControlState, ItemError } from '../decision.ts'
import { configContext } from '../decision.ts'

/** The first thing wrong with the whole set of a topic's dynamic configs, or null. */
export function topicConfigErrors(configs: ReadonlyMap<string, string>): ItemError | null {
  const wrong = definitionErrors(configs, topicConfig, 'Unknown topic config name')
  return wrong ?? compactionLagError(configs) ?? localRetentionError(configs)
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
    // As Kafka: a name that it does not know may be a plugin's.
    if (definition === undefined) continue
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

/** The first thing wrong with the whole set of a client metrics subscription, or null. */
export function clientMetricsConfigErrors(configs: ReadonlyMap<string, string>): ItemError | null {
  return definitionErrors(configs, clientMetricsConfig, 'Unknown client metrics configuration')
}

/** The first thing wrong with the whole set of a group's dynamic configs, or null: the brokers' bounds hold for groups. */
export function groupConfigErrors(state: ControlState, configs: ReadonlyMap<string, string>): ItemError | null {
  const wrong = definitionErrors(configs, groupConfig, 'Unknown group config name')
  if (wrong !== null) return wrong
  const context = configContext(state)
  for (const { name, min, max } of GROUP_BOUNDS) {
    const value = configs.get(name)
    if (value === undefined) continue
    if (Number(value) < brokerNumber(context, min)) return invalid(`${name} must be greater than or equal to ${min}`)
    if (Number(value) > brokerNumber(context, max)) return invalid(`${name} must be less than or equal to ${max}`)
  }
  for (const kind of ['consumer', 'share']) {
    const session = `${kind}.session.timeout.ms`
    const heartbeat = `${kind}.heartbeat.interval.ms`
    const valueOf = (name: string): number => Number(configs.get(name) ?? brokerNumber(context, `group.${name}`))
    if (valueOf(session) <= valueOf(heartbeat)) return invalid(`${session} must be greater than ${heartbeat}`)
  }
  return null
}

function definitionErrors(
  configs: ReadonlyMap<string, string>,
  definitionOf: (name: string) => ConfigDefinition | undefined,
  unknown: string,
): ItemError | null {
  for (const [name, value] of configs) {
    const definition = definitionOf(name)
    if (definition === undefined) return invalid(`${unknown}: ${name}`)
    const complaint = configValueError(definition, value)
    if (complaint !== null) return invalid(complaint)
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
