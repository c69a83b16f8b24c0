/** The channel to the controller, as handlers and the broker's own upkeep use it. */
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'

export interface ControllerChannel {
  /** True while a connection to the controller is up. */
  readonly connected: boolean
  /**
   * Sends one request; callback with the decoded response body, or an error when it could not be delivered or answered
   * within `timeoutMs`. Byte fields of the response are views, valid only during the callback.
   */
  send<Q extends RequestDefinition, R extends ResponseDefinition>(
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    timeoutMs: number,
    callback: (error: Error | null, response: Decoded<R> | null) => void,
  ): void
}
