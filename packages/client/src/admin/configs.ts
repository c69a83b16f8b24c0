/** Configuration of topics, brokers and the cluster-wide broker default. */
import { ErrorCode } from '@millrace/protocol/errors'
import { describeConfigsRequest, describeConfigsResponse } from '@millrace/protocol/messages/32-describe-configs'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import type { KafkaConnection } from '../connection.ts'
import type { ClusterClient } from '../cluster-client.ts'
import { KafkaError } from '../kafka-error.ts'

const RESOURCE_TYPES = { topic: 2, broker: 4, 'broker-logger': 8, 'client-metrics': 16, group: 32 } as const
const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export type ConfigResourceType = keyof typeof RESOURCE_TYPES

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** Topic, group, or broker id; '' for the default of all brokers. */
  readonly name: string
}

export interface ConfigQuery extends ConfigResource {
  /** Only these; all when absent. */
  readonly keys?: readonly string[]
}

/** Where a value comes from, by Kafka's numbers. */
export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
} as const

export interface ConfigEntry {
  readonly name: string
  /** null for a sensitive value, and for one that is not set. */
  readonly value: string | null
  /** One of ConfigSource. */
  readonly source: number
  readonly readOnly: boolean
  readonly isSensitive: boolean
  /** What would hold if the value were removed, strongest first; empty unless asked for. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: number }[]
  readonly documentation: string | null
}

export interface DescribedConfigs extends ConfigResource {
  readonly entries: readonly ConfigEntry[]
}

export interface ConfigChange {
  readonly name: string
  /** 'append' and 'subtract' work on lists. */
  readonly operation: keyof typeof OPERATIONS
  /** Absent for 'delete'. */
  readonly value?: string
}

export interface ConfigChanges extends ConfigResource {
  readonly changes: readonly ConfigChange[]
}

export interface DescribeConfigsOptions {
  readonly synonyms?: boolean
  readonly documentation?: boolean
}

/** Configuration of the resources, in the order asked; the first that fails throws. */
export async function describeConfigs(
  cluster: ClusterClient,
  resources: readonly ConfigQuery[],
  options: DescribeConfigsOptions = {},
): Promise<DescribedConfigs[]> {
  return cluster.retrying(async () => {
    const found = new Map<string, DescribedConfigs>()
    for (const group of groupedByBroker(resources)) {
      const connection = await connectionFor(cluster, group[0] as ConfigQuery, false)
      const response = await cluster.call(connection, describeConfigsRequest, describeConfigsResponse, (version) => ({
        resources: group.map(({ type, name, keys }) => ({
          resourceType: RESOURCE_TYPES[type],
          resourceName: name,
          configurationKeys: keys ?? null,
        })),
        ...(version >= 1 ? { includeSynonyms: options.synonyms ?? false } : {}),
        ...(version >= 3 ? { includeDocumentation: options.documentation ?? false } : {}),
      }))
      for (const result of response.results) {
        if (result.errorCode !== ErrorCode.NONE) throw new KafkaError(result.errorCode, result.errorMessage)
        const type = typeName(result.resourceType)
        const entries = result.configs.map(
          ({ name, value, readOnly, configSource, isSensitive, synonyms, documentation }) => ({
            name,
            value,
            readOnly,
            source: configSource,
            isSensitive,
            synonyms,
            documentation,
          }),
        )
        found.set(`${type} ${result.resourceName}`, { type, name: result.resourceName, entries })
      }
    }
    return resources.map(({ type, name }) => found.get(`${type} ${name}`) ?? { type, name, entries: [] })
  })
}

/** Changes some values and leaves the others; the first resource that fails throws. `validateOnly` changes nothing. */
export async function incrementalAlterConfigs(
  cluster: ClusterClient,
  resources: readonly ConfigChanges[],
  validateOnly: boolean,
): Promise<void> {
  await cluster.retrying(async () => {
    for (const group of groupedByBroker(resources)) {
      const connection = await connectionFor(cluster, group[0] as ConfigChanges, true)
      const response = await cluster.call(connection, incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, {
        resources: group.map(({ type, name, changes }) => ({
          resourceType: RESOURCE_TYPES[type],
          resourceName: name,
          configs: changes.map((change) => ({
            name: change.name,
            configOperation: OPERATIONS[change.operation],
            value: change.value ?? null,
          })),
        })),
        validateOnly,
      })
      for (const result of response.responses) {
        if (result.errorCode !== ErrorCode.NONE) throw new KafkaError(result.errorCode, result.errorMessage)
      }
    }
  })
}

/** One broker's own configuration is that broker's to tell and to check; all else goes to any. */
function groupedByBroker<T extends ConfigResource>(resources: readonly T[]): T[][] {
  const groups = new Map<string, T[]>()
  for (const resource of resources) {
    const key = isOneBroker(resource) ? resource.name : ''
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [resource])
    else group.push(resource)
  }
  return [...groups.values()]
}

function isOneBroker({ type, name }: ConfigResource): boolean {
  return (type === 'broker' || type === 'broker-logger') && name !== ''
}

function connectionFor(cluster: ClusterClient, resource: ConfigResource, changes: boolean): Promise<KafkaConnection> {
  if (isOneBroker(resource)) return cluster.node(Number(resource.name))
  return changes ? cluster.controller() : cluster.any()
}

function typeName(type: number): ConfigResourceType {
  const found = Object.entries(RESOURCE_TYPES).find(([, number]) => number === type)
  if (found === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `resource type ${type}`)
  return found[0] as ConfigResourceType
}
