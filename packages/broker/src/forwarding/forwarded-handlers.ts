/**
 * The admin APIs that any broker accepts and the controller answers. Adding one: its definition pair, how long the
 * client is prepared to wait, and what it is told when the controller is away.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import { invariant } from '@millrace/base/invariant'
import type { CreateTopicsRequest } from '@millrace/protocol/messages/19-create-topics'
import type { DeleteTopicsRequest } from '@millrace/protocol/messages/20-delete-topics'
import type { CreateAclsRequest } from '@millrace/protocol/messages/30-create-acls'
import type { DeleteAclsRequest } from '@millrace/protocol/messages/31-delete-acls'
import type { AlterConfigsRequest } from '@millrace/protocol/messages/33-alter-configs'
import type { CreatePartitionsRequest } from '@millrace/protocol/messages/37-create-partitions'
import type { ElectLeadersRequest } from '@millrace/protocol/messages/43-elect-leaders'
import type { AlterClientQuotasRequest } from '@millrace/protocol/messages/49-alter-client-quotas'
import type { AlterUserScramCredentialsRequest } from '@millrace/protocol/messages/51-alter-user-scram-credentials'
import {
  alterClientQuotasFailure,
  alterConfigsFailure,
  alterUserScramCredentialsFailure,
  createAclsFailure,
  createPartitionsFailure,
  createTopicsFailure,
  deleteAclsFailure,
  deleteTopicsFailure,
  electLeadersFailure,
  topLevelFailure,
  updateFeaturesFailure,
} from './failure-responses.ts'
import type { Forwarder, ForwardingFailure } from './forwarder.ts'

/** For requests that carry no timeout, and the longest wait of those that do: a muted connection must not wait for ever. */
const FORWARD_TIMEOUT_MS = 30_000
const FORWARD_TIMEOUT_MS_MAX = 120_000
const ANSWER_ALLOWANCE_MS = 500

type FailureOf<Request> = (request: Request, failure: ForwardingFailure) => object

interface ForwardedApi {
  readonly key: number
  readonly failure: (request: never, failure: ForwardingFailure) => object
}

function api<Request>(key: number, failure: FailureOf<Request>): ForwardedApi {
  return { key, failure }
}

const FORWARDED: readonly ForwardedApi[] = [
  api<CreateTopicsRequest>(ApiKey.CreateTopics, createTopicsFailure),
  api<DeleteTopicsRequest>(ApiKey.DeleteTopics, deleteTopicsFailure),
  api<AlterConfigsRequest>(ApiKey.AlterConfigs, alterConfigsFailure),
  api<CreatePartitionsRequest>(ApiKey.CreatePartitions, createPartitionsFailure),
  api<ElectLeadersRequest>(ApiKey.ElectLeaders, electLeadersFailure),
  api<AlterConfigsRequest>(ApiKey.IncrementalAlterConfigs, alterConfigsFailure),
  api(ApiKey.AlterPartitionReassignments, (_request, failure) => ({ ...topLevelFailure(failure), responses: [] })),
  api(ApiKey.ListPartitionReassignments, (_request, failure) => ({ ...topLevelFailure(failure), topics: [] })),
  api<AlterClientQuotasRequest>(ApiKey.AlterClientQuotas, alterClientQuotasFailure),
  api<AlterUserScramCredentialsRequest>(ApiKey.AlterUserScramCredentials, alterUserScramCredentialsFailure),
  api(ApiKey.DescribeQuorum, (_request, failure) => ({
    errorCode: failure.errorCode,
    errorMessage: failure.message,
    topics: [],
    nodes: [],
  })),
  api<CreateAclsRequest>(ApiKey.CreateAcls, createAclsFailure),
  api<DeleteAclsRequest>(ApiKey.DeleteAcls, deleteAclsFailure),
  api(ApiKey.UpdateFeatures, (_request, failure) => updateFeaturesFailure(failure)),
  api(ApiKey.UnregisterBroker, (_request, failure) => topLevelFailure(failure)),
]

/** @param served the keys that the controller has handlers for; others are not offered */
export function forwardedHandlers(forwarder: Forwarder, served: ReadonlySet<number>): Map<number, ApiHandler> {
  const handlers = new Map<number, ApiHandler>()
  for (const { key, failure } of FORWARDED) {
    if (served.has(key)) handlers.set(key, forwardedHandler(forwarder, key, failure as FailureOf<unknown>))
  }
  return handlers
}

function forwardedHandler(forwarder: Forwarder, key: number, failure: FailureOf<unknown>): ApiHandler {
  const definitions = apiByKey(key)
  invariant(definitions !== undefined, 'a forwarded API is defined', { key })
  const { request, response } = definitions
  return {
    request,
    response,
    handle(context, body, respond) {
      const { connection, apiVersion, requestBytes } = context
      forwarder.forward(connection, response, apiVersion, requestBytes, timeoutOf(body), (failed, answer) => {
        if (failed === null) return respond(answer)
        if (failed.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
          // The controller is of another release; the client can only ask again with another version.
          context.closeConnection(failed.message)
        }
        respond(failure(body, failed))
      })
    },
  }
}

function timeoutOf(body: unknown): number {
  const asked = (body as { readonly timeoutMs?: number }).timeoutMs
  if (asked === undefined || asked <= 0) return FORWARD_TIMEOUT_MS
  // A little longer than the controller itself waits, so that it can say what it waited for.
  return Math.min(asked, FORWARD_TIMEOUT_MS_MAX) + ANSWER_ALLOWANCE_MS
}
