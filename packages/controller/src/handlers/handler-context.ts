/** What the controller's handlers work with, and how one is written down. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { ApiHandler, RequestContext, Respond } from '@millrace/network/api-handler'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import type { BrokerBarrier } from '../cluster-control/broker-barrier.ts'
import type { BrokerSessions } from '../cluster-control/broker-sessions.ts'
import type { BrokerWatch } from '../cluster-control/broker-watch.ts'
import type { ControllerConfig } from '../controller-config.ts'
import type { ControllerRuntime } from '../controller-runtime.ts'
import type { ControlState, Decision } from '../decision.ts'
import type { MutationQuotas } from '../quota-control/mutation-quotas.ts'
import type { SnapshotStore } from '../storage/snapshot-store.ts'

export interface HandlerContext {
  readonly host: Host
  readonly logger: Logger
  readonly config: ControllerConfig
  readonly runtime: ControllerRuntime
  readonly sessions: BrokerSessions
  readonly watch: BrokerWatch
  readonly barrier: BrokerBarrier
  readonly snapshots: SnapshotStore
  readonly mutationQuotas: MutationQuotas
}

/** All APIs of the controller are for the nodes of its cluster only. */
export function handler<Q extends RequestDefinition, R extends ResponseDefinition>(
  request: Q,
  response: R,
  handle: (context: RequestContext, request: Decoded<Q>, respond: Respond<Encodable<R>>) => void,
): ApiHandler {
  const typed: ApiHandler<Decoded<Q>, Encodable<R>> = { request, response, internalOnly: true, handle }
  return typed as ApiHandler
}

/** Takes a decision and answers when every live broker has what it changed, at the latest after `timeoutMs`. */
export function decideAndSpread<Response>(
  context: HandlerContext,
  timeoutMs: number,
  decide: (state: ControlState) => Decision<Response>,
  respond: Respond<Response>,
): void {
  let wroteUpTo = -1
  // Without records the answer may come before submit returns; with records only after the fsync.
  const submitted = context.runtime.submit(decide, (response) => {
    if (wroteUpTo < 0) return respond(response)
    context.barrier.wait(wroteUpTo, timeoutMs, () => respond(response))
  })
  wroteUpTo = submitted?.wroteUpTo ?? -1
}
