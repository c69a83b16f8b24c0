import type { ActionTarget } from './authorization-target.ts'
import type { Credential } from './credentials.ts'
import type { Principal } from '@millrace/policy/principal'

/** Everything an operation knows about its call besides the input. */
export interface CallContext {
  /** UUID; the caller sees it as x-amzn-RequestId. */
  readonly requestId: string
  /** Whose resources the call works on, twelve digits: the caller's account, or that of a resource whose policy lets the caller in. State is kept per account and region. */
  readonly accountId: string
  /** From the signature's scope. */
  readonly region: string
  readonly principal: Principal
  /** That signed the call; left out of an unsigned one. */
  readonly credential?: Credential
  /**
   * Asks policy for more than the call itself stands for: null when the caller may do it, else why not, in a sentence for the
   * caller. For what concerns a part of the call alone; what the whole call stands on is told by the service's targets.
   */
  readonly whyNot: (target: ActionTarget) => string | null
  /** The host by which the API was reached, as the caller wrote it, without port and IPv6 brackets: `127.0.0.1`, `localhost`. */
  readonly apiHost: string
  /** Address of the caller; IPv4-mapped IPv6 normalised. */
  readonly sourceIp: string
  readonly userAgent: string
  /** Aborted when the caller has gone or the request has timed out. */
  readonly signal: AbortSignal
}
