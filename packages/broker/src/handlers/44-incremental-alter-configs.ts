/**
 * IncrementalAlterConfigs (44): loggers of this broker are set here, everything else is the controller's to decide; a
 * request may hold both. Facts: kafka-protocol §7.
 */
import { LOG_LEVELS, ROOT_LOGGER, type LogLevel, type LogLevels } from '@millrace/base/log-levels'
import { ConfigResourceType } from '@millrace/metadata/image'
import type { ApiHandler, Respond } from '@millrace/network/api-handler'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponseInput,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { alterConfigsFailure } from '../forwarding/failure-responses.ts'
import type { Forwarder } from '../forwarding/forwarder.ts'

type Resource = IncrementalAlterConfigsRequest['resources'][number]
type Answer = IncrementalAlterConfigsResponseInput['responses'][number]
type Handler = ApiHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponseInput>

const Operation = { SET: 0, DELETE: 1 } as const
const TIMEOUT_MS = 30_000

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

/** @param forwarded the handler that sends a whole request on to the controller */
export function incrementalAlterConfigsHandler(
  runtime: Pick<BrokerRuntime, 'authorizer' | 'logLevels' | 'nodeId'>,
  forwarder: Forwarder,
  forwarded: ApiHandler,
): Handler {
  return {
    request: incrementalAlterConfigsRequest,
    response: incrementalAlterConfigsResponse,
    handle(context, request, respond) {
      const isLogger = ({ resourceType }: Resource): boolean => resourceType === ConfigResourceType.BROKER_LOGGER
      const loggers = request.resources.filter(isLogger)
      if (loggers.length === 0) return forwarded.handle(context, request, respond as Respond<unknown>)
      const access = runtime.authorizer.of(context.connection)
      const may = access.allows(AclOperation.ALTER_CONFIGS, ResourceType.CLUSTER, CLUSTER_NAME)
      const answers = loggers.map((resource) => {
        const refusal = may ? alterLoggers(runtime, resource, request.validateOnly) : NOT_ALLOWED
        return answerOf(resource, refusal)
      })
      const others = request.resources.filter((resource) => !isLogger(resource))
      if (others.length === 0) return respond({ throttleTimeMs: 0, responses: answers })
      const rest = { ...request, resources: others }
      forwarder.send(
        context.connection,
        incrementalAlterConfigsRequest,
        incrementalAlterConfigsResponse,
        context.apiVersion,
        rest,
        TIMEOUT_MS,
        (failed, response) => {
          const { responses } = failed === null && response !== null ? response : failure(rest, failed)
          respond({ throttleTimeMs: response?.throttleTimeMs ?? 0, responses: [...responses, ...answers] })
        },
      )
    },
  }
}

const NOT_ALLOWED: Refusal = {
  errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  errorMessage: errorMessage(ErrorCode.CLUSTER_AUTHORIZATION_FAILED),
}

function failure(
  request: IncrementalAlterConfigsRequest,
  failed: { readonly errorCode: number; readonly message: string } | null,
): IncrementalAlterConfigsResponseInput {
  return alterConfigsFailure(request, failed ?? { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, message: 'no answer' })
}

function answerOf({ resourceType, resourceName }: Resource, refusal: Refusal | null): Answer {
  const { errorCode, errorMessage: message } = refusal ?? { errorCode: ErrorCode.NONE, errorMessage: null }
  return { errorCode, errorMessage: message, resourceType, resourceName }
}

/** All changes of the resource or none. */
function alterLoggers(
  { logLevels, nodeId }: Pick<BrokerRuntime, 'logLevels' | 'nodeId'>,
  { resourceName, configs }: Resource,
  validateOnly: boolean,
): Refusal | null {
  if (resourceName !== String(nodeId))
    return invalidRequest(`Unexpected broker id, expected ${nodeId} but received ${resourceName}`)
  const changes: (readonly [name: string, level: LogLevel | null])[] = []
  for (const { name, configOperation, value } of configs) {
    const change = levelOf(logLevels, name, configOperation, value)
    if (change !== null && typeof change === 'object') return change
    changes.push([name, change])
  }
  if (!validateOnly) for (const [name, level] of changes) logLevels.set(name, level)
  return null
}

/** The level wanted, null for the parent's, or what is wrong. */
function levelOf(levels: LogLevels, name: string, operation: number, value: string | null): LogLevel | null | Refusal {
  if (operation !== Operation.SET && operation !== Operation.DELETE)
    return invalidRequest(`Operation ${operation} is not allowed for the BROKER_LOGGER resource`)
  if (!levels.has(name)) return invalidConfig(`Logger ${name} does not exist!`)
  if (operation === Operation.DELETE) {
    if (name !== ROOT_LOGGER) return null
    return invalidRequest('Removing the log level of the root logger is not allowed')
  }
  const level = LOG_LEVELS.find((known) => known === value)
  if (level !== undefined) return level
  return invalidConfig(
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${LOG_LEVELS.join(', ')}`,
  )
}

function invalidRequest(message: string): Refusal {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: message }
}

function invalidConfig(message: string): Refusal {
  return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage: message }
}
