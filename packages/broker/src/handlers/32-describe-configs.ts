/**
 * DescribeConfigs (32): every key of a topic or of this broker with its effective value, where it comes from, and the
 * layers below it. Facts: kafka-protocol §7, §9.32.
 */
import { ConfigResourceType } from '@millrace/metadata/image'
import { ConfigTypeCode } from '@millrace/metadata/configs/definition'
import {
  ConfigSource,
  clusterDefaultConfigs,
  effectiveBrokerConfigs,
  effectiveClientMetricsConfigs,
  effectiveGroupConfigs,
  effectiveTopicConfigs,
  type ConfigContext,
  type EffectiveConfig,
} from '@millrace/metadata/configs/effective'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeConfigsRequest,
  describeConfigsResponse,
  type DescribeConfigsRequest,
  type DescribeConfigsResponseInput,
} from '@millrace/protocol/messages/32-describe-configs'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isLegalTopicName } from './topic-names.ts'

type Result = DescribeConfigsResponseInput['results'][number]
type Resource = DescribeConfigsRequest['resources'][number]

const UNKNOWN_TYPE = 0

export function describeConfigsHandler(
  runtime: BrokerRuntime,
): ApiHandler<DescribeConfigsRequest, DescribeConfigsResponseInput> {
  return {
    request: describeConfigsRequest,
    response: describeConfigsResponse,
    handle(_context, request, respond) {
      const results = once(request.resources).map((resource): Result => {
        const { resourceType, resourceName, configurationKeys } = resource
        const found = configsOf(runtime, resource)
        if (!Array.isArray(found)) return { ...found, resourceType, resourceName, configs: [] }
        const wanted = configurationKeys === null || configurationKeys.length === 0 ? null : new Set(configurationKeys)
        const configs = found.filter(({ name }) => wanted === null || wanted.has(name))
        return {
          errorCode: ErrorCode.NONE,
          errorMessage: null,
          resourceType,
          resourceName,
          configs: configs.map((config) => describeConfig(config, request)),
        }
      })
      respond({ throttleTimeMs: 0, results })
    },
  }
}

/** A resource asked for twice is answered once, as the last mention wants it: every answer repeats all its keys. */
function once(resources: readonly Resource[]): Resource[] {
  return [...new Map(resources.map((each) => [`${each.resourceType}:${each.resourceName}`, each])).values()]
}

/** What a server.properties of Kafka says of the node itself; here it comes beside the properties. */
function identity({ nodeId, rack }: BrokerRuntime['config']): Record<string, string> {
  const id = String(nodeId)
  return { 'node.id': id, 'broker.id': id, ...(rack === null ? {} : { 'broker.rack': rack }) }
}

function configsOf(
  { metadata, config, nodeId, logLevels }: BrokerRuntime,
  { resourceType, resourceName }: Resource,
): EffectiveConfig[] | { errorCode: number; errorMessage: string } {
  const context: ConfigContext = { image: metadata.image, properties: config.properties, nodeId }
  if (resourceType === ConfigResourceType.TOPIC) {
    if (!isLegalTopicName(resourceName))
      return {
        errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
        errorMessage: `"${resourceName}" is not a legal topic name.`,
      }
    if (!metadata.image.topicsByName.has(resourceName))
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `There is no topic ${resourceName}.` }
    return effectiveTopicConfigs(context, resourceName)
  }
  if (resourceType === ConfigResourceType.BROKER) {
    if (resourceName === '') return clusterDefaultConfigs(context)
    if (resourceName !== String(nodeId))
      return {
        errorCode: ErrorCode.INVALID_REQUEST,
        errorMessage: `Broker ${resourceName} must be asked itself; this is broker ${nodeId}.`,
      }
    return effectiveBrokerConfigs({ ...context, properties: { ...config.properties, ...identity(config) } })
  }
  if (resourceType === ConfigResourceType.CLIENT_METRICS)
    return resourceName === ''
      ? { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Client metrics subscription name must not be empty' }
      : effectiveClientMetricsConfigs(context, resourceName)
  if (resourceType === ConfigResourceType.GROUP)
    return resourceName === ''
      ? { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Group name must not be empty.' }
      : effectiveGroupConfigs(context, resourceName)
  if (resourceType === ConfigResourceType.BROKER_LOGGER)
    return resourceName === String(nodeId)
      ? logLevels.levels().map(([name, value]) => loggerConfig(name, value))
      : {
          errorCode: ErrorCode.INVALID_REQUEST,
          errorMessage: `Unexpected broker id, expected ${nodeId} but received ${resourceName}`,
        }
  return {
    errorCode: ErrorCode.INVALID_REQUEST,
    errorMessage: `Resources of type ${resourceType} have no configs here.`,
  }
}

function loggerConfig(name: string, value: string): EffectiveConfig {
  const source = ConfigSource.DYNAMIC_BROKER_LOGGER
  return { name, value, source, type: null, isSensitive: false, isReadOnly: false, about: null, synonyms: [] }
}

function describeConfig(config: EffectiveConfig, request: DescribeConfigsRequest): Result['configs'][number] {
  return {
    name: config.name,
    value: config.value,
    readOnly: config.isReadOnly,
    isDefault: config.source === ConfigSource.DEFAULT,
    configSource: config.source,
    isSensitive: config.isSensitive,
    synonyms: request.includeSynonyms ? config.synonyms : [],
    configType: config.type === null ? UNKNOWN_TYPE : ConfigTypeCode[config.type],
    documentation: request.includeDocumentation ? config.about : null,
  }
}
