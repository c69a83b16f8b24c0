/**
 * Forwarder: what only the controller may do is sent on to it in an Envelope (58, KIP-590), with the client's principal
 * and address, and the controller's answer is handed back. Every broker therefore accepts every admin request.
 *
 * While the controller is away or just starting the request is sent again until its time is up, as Kafka's brokers do:
 * a client sees a controller's restart as a slow answer. A request that was lost on its way back may thus be carried out
 * twice; the second answer (TOPIC_ALREADY_EXISTS, …) is what the client gets.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { addressBytes } from '@millrace/network/envelope'
import { INTERNAL_PRINCIPAL } from '@millrace/network/internal-listener'
import { encodePrincipal } from '@millrace/network/principal-data'
import { decodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { envelopeRequest, envelopeResponse } from '@millrace/protocol/messages/58-envelope'
import { Reader } from '@millrace/protocol/primitives/reader'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'

const ENVELOPE_VERSION = 0
const SIZE_BYTES = 4
const RETRY_DELAY_MS = 100

/** On whose behalf something is forwarded. */
export interface ForwardedFor {
  readonly principal: string
  readonly remoteAddress: string
}

/** What the cluster needs itself (internal topics) is not the client's to be allowed. */
export const ON_OWN_BEHALF: ForwardedFor = { principal: INTERNAL_PRINCIPAL, remoteAddress: '127.0.0.1' }

/** Why there is no answer from the controller. `message` is for the client's user. */
export interface ForwardingFailure {
  readonly errorCode: number
  readonly message: string
}

export type ForwardingCallback<R extends ResponseDefinition> = (
  failure: ForwardingFailure | null,
  response: Decoded<R> | null,
) => void

export class Forwarder {
  readonly #host: Host
  readonly #channel: ControllerChannel
  readonly #logger: Logger

  constructor(host: Host, channel: ControllerChannel, logger: Logger) {
    this.#host = host
    this.#channel = channel
    this.#logger = logger
  }

  /**
   * Sends header and body `requestBytes` on. The callback, once, with the controller's response or the failure:
   * REQUEST_TIMED_OUT when the controller did not answer within `timeoutMs` (what was asked may still happen).
   */
  forward<R extends ResponseDefinition>(
    client: ForwardedFor,
    response: R,
    apiVersion: number,
    requestBytes: Buffer,
    timeoutMs: number,
    callback: ForwardingCallback<R>,
  ): void {
    const envelope = {
      requestData: requestBytes,
      requestPrincipal: encodePrincipal(client.principal),
      clientHostAddress: addressBytes(client.remoteAddress),
    }
    const { clock, timers } = this.#host
    const deadlineMs = clock.monotonicMs() + timeoutMs
    const again = (why: string): void => {
      if (clock.monotonicMs() + RETRY_DELAY_MS < deadlineMs) {
        timers.set(RETRY_DELAY_MS, attempt)
        return
      }
      this.#logger.warn('a request could not be forwarded to the controller', { api: response.apiKey, timeoutMs, why })
      callback(
        {
          errorCode: ErrorCode.REQUEST_TIMED_OUT,
          message: `The controller did not answer within ${timeoutMs} ms: ${why}`,
        },
        null,
      )
    }
    const attempt = (): void => {
      const leftMs = deadlineMs - clock.monotonicMs()
      this.#channel.send(
        envelopeRequest,
        envelopeResponse,
        ENVELOPE_VERSION,
        envelope,
        (error, answer) => {
          if (error !== null || answer === null) return again(error?.message ?? 'no answer')
          if (answer.errorCode === ErrorCode.NOT_CONTROLLER) return again(errorMessage(answer.errorCode))
          if (answer.errorCode !== ErrorCode.NONE || answer.responseData === null)
            return callback(refused(answer.errorCode), null)
          const reader = new Reader(answer.responseData)
          decodeResponseHeader(response, apiVersion, reader)
          callback(null, decodeMessage(response, apiVersion, reader))
        },
        leftMs,
      )
    }
    attempt()
  }

  /** As `forward`, for a request that this broker makes up itself. */
  send<Q extends RequestDefinition, R extends ResponseDefinition>(
    client: ForwardedFor,
    request: Q,
    response: R,
    apiVersion: number,
    body: Encodable<Q>,
    timeoutMs: number,
    callback: ForwardingCallback<R>,
  ): void {
    const chunks = encodeRequestFrame(request, apiVersion, { correlationId: 0, clientId: null }, body)
    this.forward(client, response, apiVersion, Buffer.concat(chunks).subarray(SIZE_BYTES), timeoutMs, callback)
  }
}

/** The controller's refusal of the envelope itself, as the client may see it. */
function refused(errorCode: number): ForwardingFailure {
  const known = errorCode === ErrorCode.UNSUPPORTED_VERSION || errorCode === ErrorCode.INVALID_REQUEST
  const told = known ? errorCode : ErrorCode.UNKNOWN_SERVER_ERROR
  return { errorCode: told, message: `The controller refused the forwarded request: ${errorMessage(errorCode)}` }
}
