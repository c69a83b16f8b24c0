/**
 * IncrementalAlterConfigs and AlterConfigs (kafka-protocol §7): every resource succeeds or fails on its own; only real
 * changes become records, except for brokers, where a set value is always written, as Kafka does.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { AlterConfigsRequest, AlterConfigsResponseInput } from '@millrace/protocol/messages/33-alter-configs'
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import { brokerConfig } from '@millrace/metadata/configs/broker-configs'
import { clientMetricsConfig } from '@millrace/metadata/configs/client-metrics-configs'
import type { ConfigDefinition } from '@millrace/metadata/configs/definition'
import { splitList } from '@millrace/metadata/configs/definition'
import { groupConfig } from '@millrace/metadata/configs/group-configs'
import { topicConfig } from '@millrace/metadata/configs/topic-configs'
import { ConfigResourceType, dynamicConfigs } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { isItemError } from '../replication-control/assignments.ts'
import { keepsEligibleLeaders } from '../replication-control/eligible-leaders.ts'
import {
  brokerConfigErrors,
  clientMetricsConfigErrors,
  groupConfigErrors,
  topicConfigErrors,
} from './validate-configs.ts'

/** IncrementalAlterConfigs configOperation. */
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/** The resource's new dynamic configs; null deletes the key. */
type WantedConfigs = ReadonlyMap<string, string | null>

export function incrementalAlterConfigs(
  state: ControlState,
  request: IncrementalAlterConfigsRequest,
): Decision<IncrementalAlterConfigsResponseInput> {
  return alterResources(state, request.resources, request.validateOnly, (resource) => incremental(state, resource))
}

export function alterConfigs(state: ControlState, request: AlterConfigsRequest): Decision<AlterConfigsResponseInput> {
  return alterResources(state, request.resources, request.validateOnly, (resource) => replacing(state, resource))
}

function alterResources<R extends Resource>(
  state: ControlState,
  resources: readonly R[],
  validateOnly: boolean,
  wantedOf: (resource: R) => WantedConfigs | ItemError,
): Decision<AlterConfigsResponseInput> {
  const records: MetadataRecord[] = []
  const seen = new Map<string, number>()
  for (const { resourceType, resourceName } of resources) {
    const key = `${resourceType}:${resourceName}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  const responses: { errorCode: number; errorMessage: string | null; resourceType: number; resourceName: string }[] = []
  for (const resource of resources) {
    const { resourceType, resourceName } = resource
    const count = seen.get(`${resourceType}:${resourceName}`)
    if (count === undefined) continue
    seen.delete(`${resourceType}:${resourceName}`)
    const wanted =
      count > 1
        ? invalidRequest('Each resource must appear at most once.')
        : (resourceError(state, resource) ?? wantedOf(resource))
    const checked = isItemError(wanted) ? wanted : checkedRecords(state, resource, wanted)
    if (isItemError(checked)) {
      responses.push({ ...checked, resourceType, resourceName })
      continue
    }
    records.push(...checked)
    responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName })
  }
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, responses } }
}

/** Whether the resource exists and is one whose configs the controller keeps. */
function resourceError({ image }: ControlState, { resourceType, resourceName }: Resource): ItemError | null {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      if (image.topicsByName.has(resourceName)) return null
      return {
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: `The topic '${resourceName}' does not exist.`,
      }
    case ConfigResourceType.BROKER:
      if (resourceName === '') return null
      if (!/^\d+$/.test(resourceName))
        return invalidRequest(`Invalid broker name ${resourceName}, expected a broker ID.`)
      return image.brokers.has(Number(resourceName)) ? null : invalidRequest(`No broker with id ${resourceName} found.`)
    case ConfigResourceType.CLIENT_METRICS:
      return resourceName === '' ? invalidRequest("Subscription name can't be empty") : null
    case ConfigResourceType.GROUP:
      return resourceName === '' ? invalidRequest('Default group resources are not allowed.') : null
    default:
      return invalidRequest(`Unsupported config resource type ${resourceType}`)
  }
}

function incremental(
  { image }: ControlState,
  resource: IncrementalAlterConfigsRequest['resources'][number],
): WantedConfigs | ItemError {
  const current = dynamicConfigs(image, resource.resourceType, resource.resourceName)
  const wanted = new Map<string, string | null>()
  for (const { name, configOperation, value } of resource.configs) {
    if (wanted.has(name)) return invalidRequest('Error due to duplicate config keys')
    const changed = operate(resource, name, configOperation, value, current.get(name))
    if (typeof changed === 'object' && changed !== null) return changed
    wanted.set(name, changed)
  }
  return wanted
}

function operate(
  { resourceType }: Resource,
  name: string,
  operation: number,
  value: string | null,
  current: string | undefined,
): string | null | ItemError {
  if (operation === Operation.DELETE) return null
  if (value === null) return invalidRequest(`Null value not supported for : ${name}`)
  if (operation === Operation.SET) return value
  if (operation !== Operation.APPEND && operation !== Operation.SUBTRACT) {
    return invalidRequest(`Unknown operation type ${operation} for config ${name}`)
  }
  const definition = definitionOf(resourceType, name)
  if (definition !== undefined && definition.type !== 'list') {
    const word = operation === Operation.APPEND ? 'APPEND' : 'SUBTRACT'
    return {
      errorCode: ErrorCode.INVALID_CONFIG,
      errorMessage: `Can't ${word} to key ${name} because its type is not LIST.`,
    }
  }
  const before = splitList(current ?? definition?.default ?? '')
  const items = new Set(splitList(value))
  const after =
    operation === Operation.APPEND ? [...new Set([...before, ...items])] : before.filter((item) => !items.has(item))
  return after.join(',')
}

/** AlterConfigs: what is not listed goes back to its default. */
function replacing(
  { image }: ControlState,
  resource: AlterConfigsRequest['resources'][number],
): WantedConfigs | ItemError {
  const wanted = new Map<string, string | null>()
  for (const { name, value } of resource.configs) {
    if (wanted.has(name)) return invalidRequest('Error due to duplicate config keys')
    if (value === null) return invalidRequest(`Null value not supported for : ${name}`)
    wanted.set(name, value)
  }
  for (const name of dynamicConfigs(image, resource.resourceType, resource.resourceName).keys()) {
    if (!wanted.has(name)) wanted.set(name, null)
  }
  return wanted
}

function checkedRecords(
  state: ControlState,
  { resourceType, resourceName }: Resource,
  wanted: WantedConfigs,
): MetadataRecord[] | ItemError {
  const current = dynamicConfigs(state.image, resourceType, resourceName)
  const refused = validate(state, { resourceType, resourceName }, current, wanted)
  if (refused !== null) return refused
  const records: MetadataRecord[] = []
  for (const [name, value] of wanted) {
    const unchanged = (current.get(name) ?? null) === value
    if (unchanged && (value === null || resourceType !== ConfigResourceType.BROKER)) continue
    records.push({ type: RecordType.CONFIG, version: 0, body: { resourceType, resourceName, name, value } })
  }
  return records
}

function validate(
  state: ControlState,
  { resourceType, resourceName }: Resource,
  current: ReadonlyMap<string, string>,
  wanted: WantedConfigs,
): ItemError | null {
  const set = new Map<string, string>()
  const unknown: string[] = []
  for (const [name, value] of wanted) {
    if (value !== null) set.set(name, value)
    else if (!current.has(name) && definitionOf(resourceType, name) === undefined) unknown.push(name)
  }
  if (resourceType === ConfigResourceType.BROKER)
    return brokerConfigErrors(set, resourceName === '') ?? ownMinIsrError(state, resourceName, wanted)
  if (unknown.length > 0)
    return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage: unknownName(resourceType, unknown) }
  const after = new Map(current)
  for (const name of wanted.keys()) after.delete(name)
  for (const [name, value] of set) after.set(name, value)
  if (resourceType === ConfigResourceType.CLIENT_METRICS) return clientMetricsConfigErrors(after)
  return resourceType === ConfigResourceType.GROUP ? groupConfigErrors(state, after) : topicConfigErrors(after)
}

/** With eligible leader replicas, controller and leaders must mean the same by it. */
function ownMinIsrError({ image }: ControlState, broker: string, wanted: WantedConfigs): ItemError | null {
  if (broker === '' || !wanted.has('min.insync.replicas') || !keepsEligibleLeaders(image)) return null
  const errorMessage = 'Broker-level min.insync.replicas cannot be altered while ELR is enabled.'
  return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage }
}

function unknownName(resourceType: number, [name = '']: readonly string[]): string {
  if (resourceType === ConfigResourceType.CLIENT_METRICS) return `Unknown client metrics configuration: ${name}`
  return `Unknown ${resourceType === ConfigResourceType.GROUP ? 'group' : 'topic'} config name: ${name}`
}

function definitionOf(resourceType: number, name: string): ConfigDefinition | undefined {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return topicConfig(name)
    case ConfigResourceType.CLIENT_METRICS:
      return clientMetricsConfig(name)
    case ConfigResourceType.GROUP:
      return groupConfig(name)
    default:
      return brokerConfig(name)
  }
}

function invalidRequest(errorMessage: string): ItemError {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
}
