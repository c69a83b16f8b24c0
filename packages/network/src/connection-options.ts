/** What a connection is given by its server, for its whole life. `C` is the connection itself. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { Arena } from '@millrace/log/arena'
import type { Writer } from '@millrace/protocol/primitives/writer'
import type { HandlerMap, ListenerOptions, VersionRange } from './api-handler.ts'
import type { BuiltInHandlers } from './built-in-handlers.ts'
import type { Refusals } from './refusals.ts'
import type { SaslAuthentication } from './sasl/sasl-authentication.ts'
import type { RequestServerLimits } from './limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import type { RequestQuotas } from './request-quotas.ts'
import type { RequestUsage } from './request-usage.ts'
import type { WriteBacklog } from './write-backlog.ts'

export interface ConnectionOptionsOf<C> {
  readonly id: number
  readonly host: Host
  readonly logger: Logger
  readonly arena: Arena
  readonly budget: MemoryBudget
  readonly backlog: WriteBacklog
  /** Shared: every response is encoded in one go. */
  readonly writer: Writer
  readonly limits: RequestServerLimits
  readonly listener: ListenerOptions
  readonly handlers: HandlerMap
  readonly builtIn: BuiltInHandlers
  readonly versionRange: (apiKey: number) => VersionRange | null
  /** Counts what clients ask; null on internal listeners. */
  readonly usage: RequestUsage | null
  /** null on listeners that demand none. */
  readonly authentication: SaslAuthentication | null
  /** null: no client is limited. */
  readonly quotas: RequestQuotas | null
  /** Where it is kept why somebody was turned away. */
  readonly refusals: Refusals
  /** Who the peer is before any login. */
  readonly principal: string
  /** `flush` is to be called in the next tick. */
  readonly scheduleFlush: (connection: C) => void
  /** It has proved who it is. */
  readonly onAuthenticated: (connection: C) => void
  readonly onClosed: (connection: C) => void
}

/** What a frame may have before its peer is known. */
export function firstFrameBytesMax({
  authentication,
  limits,
}: Pick<ConnectionOptionsOf<never>, 'authentication' | 'limits'>): number {
  if (authentication === null) return limits.requestBytesMax
  return Math.min(limits.unauthenticatedRequestBytesMax, limits.requestBytesMax)
}
