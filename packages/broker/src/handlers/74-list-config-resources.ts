/**
 * ListConfigResources (74): the names of resources that can have configs. Version 0 is ListClientMetricsResources, which
 * lists client metrics subscriptions only. Facts: kafka-protocol §7, KIP-1000, KIP-1142.
 */
import { ConfigResourceType, configResourceKey, type MetadataImage } from '@millrace/metadata/image'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponseInput,
} from '@millrace/protocol/messages/74-list-config-resources'
import type { BrokerRuntime } from '../broker-runtime.ts'

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType
const ALL: readonly number[] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]

export function listConfigResourcesHandler({
  metadata,
}: Pick<BrokerRuntime, 'metadata'>): ApiHandler<ListConfigResourcesRequest, ListConfigResourcesResponseInput> {
  return {
    request: listConfigResourcesRequest,
    response: listConfigResourcesResponse,
    handle({ apiVersion }, { resourceTypes }, respond) {
      const asked = apiVersion === 0 ? [CLIENT_METRICS] : resourceTypes.length === 0 ? ALL : [...new Set(resourceTypes)]
      if (!asked.every((type) => ALL.includes(type)))
        return respond({ throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] })
      const configResources = asked.flatMap((resourceType) =>
        namesOf(metadata.image, resourceType).map((resourceName) => ({ resourceName, resourceType })),
      )
      respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources })
    },
  }
}

function namesOf(image: MetadataImage, type: number): string[] {
  if (type === TOPIC) return [...image.topicsByName.keys()]
  if (type === BROKER || type === BROKER_LOGGER) return [...image.brokers.keys()].map(String)
  const prefix = configResourceKey(type, '')
  return [...image.configs.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
}
