/**
 * Effective config values: which of the layers wins (topic, broker, cluster default, static properties, built-in
 * default), with all layers in order for DescribeConfigs. Pure: image, static properties and node id in, values out.
 */
import { invariant } from '@millrace/base/invariant'
import type { MetadataImage } from '../image.ts'
import { ConfigResourceType, dynamicConfigs } from '../image.ts'
import { brokerConfig, brokerConfigs } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import type { ConfigDefinition, ConfigSynonym, ConfigType } from './definition.ts'
import { splitList } from './definition.ts'
import { groupConfig, groupConfigs } from './group-configs.ts'
import { topicConfig, topicConfigs } from './topic-configs.ts'

/** The wire's numbers (DescribeConfigs ConfigSource). */
export const ConfigSource = {
  DYNAMIC_TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  DYNAMIC_BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const

/** Where the values of broker keys come from; all else is a resource's own. */
const BROKER_SOURCES: ReadonlySet<number> = new Set([
  ConfigSource.DYNAMIC_BROKER,
  ConfigSource.DYNAMIC_DEFAULT_BROKER,
  ConfigSource.STATIC_BROKER,
  ConfigSource.DEFAULT,
])

export interface ConfigContext {
  readonly image: MetadataImage
  /** The node's static properties (server.properties). */
  readonly properties: Readonly<Record<string, string>>
  /** The broker that asks; its dynamic configs count. The controller asks with its own id, which has none. */
  readonly nodeId: number
}

export interface LayeredValue {
  readonly name: string
  readonly value: string
  /** One of ConfigSource. */
  readonly source: number
}

interface Layer extends LayeredValue {
  /** As it was set; `value` is in the key's own unit. */
  readonly configured: string
}

export interface EffectiveConfig {
  readonly name: string
  /** null: not set, or sensitive. */
  readonly value: string | null
  /** One of ConfigSource. */
  readonly source: number
  /** null for a static property that is no known key. */
  readonly type: ConfigType | null
  readonly isSensitive: boolean
  readonly isReadOnly: boolean
  readonly about: string | null
  /**
   * The layers below the key, the winner first, as Kafka lists them: what stands before the first layer of the key's own
   * (main) broker name is left out, values are as configured. Empty for sensitive keys.
   */
  readonly synonyms: readonly LayeredValue[]
}

/** Every topic config of `topic` (which need not exist), sorted by name. */
export function effectiveTopicConfigs(context: ConfigContext, topic: string): EffectiveConfig[] {
  const dynamic = dynamicConfigs(context.image, ConfigResourceType.TOPIC, topic)
  return topicConfigs.map((definition) =>
    effective(definition, ownLayers(context, dynamic, definition, ConfigSource.DYNAMIC_TOPIC), false),
  )
}

/** Every group config of `group` (which need not exist), sorted by name; the broker's group.* keys are the layers below. */
export function effectiveGroupConfigs(context: ConfigContext, group: string): EffectiveConfig[] {
  const dynamic = dynamicConfigs(context.image, ConfigResourceType.GROUP, group)
  return groupConfigs.map((definition) =>
    effective(definition, ownLayers(context, dynamic, definition, ConfigSource.GROUP), false),
  )
}

/** Every config of a client metrics subscription, which need not exist. */
export function effectiveClientMetricsConfigs({ image }: ConfigContext, subscription: string): EffectiveConfig[] {
  const dynamic = dynamicConfigs(image, ConfigResourceType.CLIENT_METRICS, subscription)
  return clientMetricsConfigs.map((definition) => {
    const { name } = definition
    const own = dynamic.get(name)
    const layers = own === undefined ? [] : [{ name, value: own, configured: own, source: ConfigSource.CLIENT_METRICS }]
    const byDefault = definition.default ?? ''
    const fallback = { name, value: byDefault, configured: byDefault, source: ConfigSource.DEFAULT }
    return effective(definition, [...layers, fallback], false, name)
  })
}

/** Every broker config of `context.nodeId`, sorted by name; unknown static properties are listed as sensitive. */
export function effectiveBrokerConfigs(context: ConfigContext): EffectiveConfig[] {
  const known = brokerConfigs.map((definition) =>
    effective(
      definition,
      brokerLayers(context, familyOf(definition)),
      definition.scope === 'read-only',
      definition.name,
    ),
  )
  const sources = new Map<string, number>()
  for (const name of Object.keys(context.properties)) sources.set(name, ConfigSource.STATIC_BROKER)
  for (const name of dynamicConfigs(context.image, ConfigResourceType.BROKER, '').keys())
    sources.set(name, ConfigSource.DYNAMIC_DEFAULT_BROKER)
  for (const name of dynamicConfigs(context.image, ConfigResourceType.BROKER, String(context.nodeId)).keys())
    sources.set(name, ConfigSource.DYNAMIC_BROKER)
  const unknown = [...sources]
    .filter(([name]) => brokerConfig(name) === undefined && !name.startsWith('listener.name.'))
    .map(([name, source]) => unknownConfig(name, source))
  return [...known, ...unknown].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A key that is no broker's: it might be a secret, so its value is not told. */
function unknownConfig(name: string, source: number): EffectiveConfig {
  return { name, value: null, source, type: null, isSensitive: true, isReadOnly: true, about: null, synonyms: [] }
}

/** The cluster-wide dynamic defaults: what DescribeConfigs of broker "" lists. Only keys that are set. */
export function clusterDefaultConfigs(context: ConfigContext): EffectiveConfig[] {
  const result: EffectiveConfig[] = []
  for (const [name, value] of dynamicConfigs(context.image, ConfigResourceType.BROKER, '')) {
    const definition = brokerConfig(name)
    if (definition === undefined) {
      result.push(unknownConfig(name, ConfigSource.DYNAMIC_DEFAULT_BROKER))
      continue
    }
    const layer = { name, value, configured: value, source: ConfigSource.DYNAMIC_DEFAULT_BROKER }
    result.push(effective(definition, [layer], definition.scope === 'read-only', name))
  }
  return result.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The effective value of a topic config. The name must be a known key. */
export function topicValue(context: ConfigContext, topic: string, name: string): string {
  const definition = topicConfig(name)
  invariant(definition !== undefined, 'unknown topic config', { name })
  const dynamic = dynamicConfigs(context.image, ConfigResourceType.TOPIC, topic)
  const layer = ownLayers(context, dynamic, definition, ConfigSource.DYNAMIC_TOPIC)[0]
  return layer === undefined ? (definition.default ?? '') : layer.value
}

/** The effective value of a group config: the group's own, else the broker's. The name must be a known key. */
export function groupValue(context: ConfigContext, group: string, name: string): string {
  const definition = groupConfig(name)
  invariant(definition !== undefined, 'unknown group config', { name })
  const dynamic = dynamicConfigs(context.image, ConfigResourceType.GROUP, group)
  return ownLayers(context, dynamic, definition, ConfigSource.GROUP)[0]?.value ?? definition.default ?? ''
}

export function groupNumber(context: ConfigContext, group: string, name: string): number {
  return Number(groupValue(context, group, name))
}

export function topicNumber(context: ConfigContext, topic: string, name: string): number {
  return Number(topicValue(context, topic, name))
}

export function topicBoolean(context: ConfigContext, topic: string, name: string): boolean {
  return topicValue(context, topic, name).toLowerCase() === 'true'
}

/** The effective value of a broker key; null when neither set nor defaulted. Unknown keys are looked up in the static properties. */
export function brokerValue(context: ConfigContext, name: string): string | null {
  const definition = brokerConfig(name)
  if (definition === undefined) return context.properties[name] ?? null
  return brokerLayers(context, [{ name }])[0]?.value ?? null
}

/** A number that is always set (has a default). Use brokerValue for keys whose default is null. */
export function brokerNumber(context: ConfigContext, name: string): number {
  const value = brokerValue(context, name)
  invariant(value !== null, 'broker config has no value', { name })
  return Number(value)
}

export function brokerBoolean(context: ConfigContext, name: string): boolean {
  return brokerValue(context, name)?.toLowerCase() === 'true'
}

export function brokerList(context: ConfigContext, name: string): string[] {
  return splitList(brokerValue(context, name) ?? '')
}

/** The resource's own dynamic value, of `source`, above those of the broker keys that are its synonyms. */
function ownLayers(
  context: ConfigContext,
  dynamic: ReadonlyMap<string, string>,
  definition: ConfigDefinition,
  source: number,
): Layer[] {
  const own = dynamic.get(definition.name)
  const layers = brokerLayers(context, definition.synonyms)
  if (own !== undefined) layers.unshift({ name: definition.name, value: own, configured: own, source })
  return layers
}

/** All values of the `names`, layer by layer; within a layer in the order of the names. */
function brokerLayers(context: ConfigContext, names: readonly ConfigSynonym[]): Layer[] {
  const { image, properties, nodeId } = context
  const own = dynamicConfigs(image, ConfigResourceType.BROKER, String(nodeId))
  const all = dynamicConfigs(image, ConfigResourceType.BROKER, '')
  const layers: Layer[] = []
  const add = (synonym: ConfigSynonym, value: string | null | undefined, source: number): void => {
    if (value === undefined || value === null) return
    layers.push({ name: synonym.name, value: converted(value, synonym.unitMs), configured: value.trim(), source })
  }
  for (const synonym of names) add(synonym, own.get(synonym.name), ConfigSource.DYNAMIC_BROKER)
  for (const synonym of names) add(synonym, all.get(synonym.name), ConfigSource.DYNAMIC_DEFAULT_BROKER)
  for (const synonym of names) add(synonym, properties[synonym.name], ConfigSource.STATIC_BROKER)
  for (const synonym of names) add(synonym, brokerConfig(synonym.name)?.default, ConfigSource.DEFAULT)
  return layers
}

function converted(value: string, unitMs: number | undefined): string {
  if (unitMs === undefined) return value.trim()
  const amount = Number(value)
  return amount < 0 ? '-1' : String(amount * unitMs)
}

function familyOf(definition: ConfigDefinition): readonly ConfigSynonym[] {
  return definition.synonyms.length === 0 ? [{ name: definition.name }] : definition.synonyms
}

function effective(
  definition: ConfigDefinition,
  layers: readonly Layer[],
  isReadOnly: boolean,
  ownName?: string,
): EffectiveConfig {
  // A broker key's own value counts, its family (log.retention.ms, .minutes, .hours) is listed as synonyms.
  const winner = ownName === undefined ? layers[0] : layers.find((layer) => layer.name === ownName)
  const isSensitive = definition.type === 'password'
  return {
    name: definition.name,
    value: isSensitive ? null : (winner?.value ?? definition.default),
    source: winner?.source ?? ConfigSource.DEFAULT,
    type: definition.type,
    isSensitive,
    isReadOnly,
    about: definition.about,
    synonyms: isSensitive ? [] : listed(layers, definition, ownName),
  }
}

function listed(layers: readonly Layer[], definition: ConfigDefinition, ownName: string | undefined): LayeredValue[] {
  const main = ownName ?? definition.synonyms[0]?.name
  const own = layers[0] !== undefined && !BROKER_SOURCES.has(layers[0].source) ? 1 : 0
  const first = layers.findIndex(({ name }, at) => at >= own && name === main)
  const kept = [...layers.slice(0, own), ...(first === -1 ? [] : layers.slice(first))]
  return kept.map(({ name, configured, source }) => ({ name, value: configured, source }))
}
