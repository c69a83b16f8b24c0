/**
 * KafkaConnection: requests and responses over one Transport. Requests are pipelined; Kafka answers in request order,
 * so the oldest pending request owns the next response, and its correlation id proves it.
 *
 * A request that is not answered in time closes the connection, as in Kafka's own client: a late response would be
 * taken for the next one's. Upon close every pending request fails with one KafkaError that says why.
 * Single owner: the loop of the Host; callbacks come from there, never inside send().
 */
import type { Host, TimerHandle, Transport } from '@millrace/base/host'
import { decodeMessage } from '@millrace/protocol/codec'
import {
  versionsOf,
  type Decoded,
  type Encodable,
  type RequestDefinition,
  type ResponseDefinition,
  type VersionRange,
} from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import { FrameAssembler } from './frame-assembler.ts'
import { KafkaError, networkError } from './kafka-error.ts'
import { logIn, type Credentials } from './scram-login.ts'

/** Same as the broker's socket.request.max.bytes. */
export const FRAME_BYTES_MAX = 104_857_600
export const REQUEST_TIMEOUT_MS = 30_000
const CLIENT_SOFTWARE_NAME = 'millrace'
const CLIENT_SOFTWARE_VERSION = '0.1.0'

/** Exactly one of both is null. Views in the response: see `transientFrames`. */
export type ResponseCallback<R extends ResponseDefinition> = (
  error: KafkaError | null,
  response: Decoded<R> | null,
) => void

export interface KafkaConnectionOptions {
  readonly host: Host
  readonly transport: Transport
  readonly clientId: string
  /** Unless a request says otherwise. */
  readonly requestTimeoutMs?: number
  readonly frameBytesMax?: number
  /**
   * True: `bytes` and `records` of a response are views that are valid only during the callback (replication).
   * False, the default: every response has memory of its own.
   */
  readonly transientFrames?: boolean
  /** After all pending requests have failed; the error says why, also when it was close(). */
  readonly onClose?: (error: KafkaError) => void
}

interface Pending {
  readonly correlationId: number
  readonly definition: ResponseDefinition
  readonly version: number
  readonly deadlineMs: number
  readonly callback: (error: KafkaError | null, response: unknown) => void
}

export class KafkaConnection {
  readonly #host: Host
  readonly #transport: Transport
  readonly #clientId: string
  readonly #requestTimeoutMs: number
  readonly #onClose: ((error: KafkaError) => void) | undefined
  readonly #assembler: FrameAssembler
  readonly #writer: Writer = new Writer()
  readonly #reader: Reader = new Reader(Buffer.alloc(0))
  readonly #pending: Pending[] = []
  #versions: ReadonlyMap<number, VersionRange> | null = null
  #nextCorrelationId = 0
  #timer: TimerHandle | null = null
  #timerAtMs = Infinity
  #closed = false
  /** What close is to be explained with; the first reason stays. */
  #closeReason: KafkaError | null = null

  /** Takes over `transport`, in the turn in which it was handed out. */
  constructor(options: KafkaConnectionOptions) {
    this.#host = options.host
    this.#transport = options.transport
    this.#clientId = options.clientId
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    this.#onClose = options.onClose
    this.#assembler = new FrameAssembler({
      frameBytesMax: options.frameBytesMax ?? FRAME_BYTES_MAX,
      transient: options.transientFrames ?? false,
      onFrame: (bytes, start, end) => this.#onFrame(bytes, start, end),
      onRefused: (size) =>
        this.#fail(new KafkaError(ErrorCode.NETWORK_EXCEPTION, `${this.peer} sent a frame of ${size} bytes`)),
    })
    this.#transport.attach({
      onBytes: (bytes, start, end) => this.#assembler.push(bytes, start, end),
      onClose: (error) => {
        const reason = networkError(`connection to ${this.peer} closed`, error)
        this.#closeReason ??= reason
        this.#onClosed()
      },
    })
  }

  /** "address:port" of the peer. */
  get peer(): string {
    return `${this.#transport.remoteAddress}:${this.#transport.remotePort}`
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Requests sent and not yet answered. */
  get inFlight(): number {
    return this.#pending.length
  }

  /**
   * Sends one request in the given version and calls back with its response. Throws EncodeError or RangeError when the
   * version cannot carry the body.
   */
  send<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    callback: ResponseCallback<R>,
    timeoutMs: number = this.#requestTimeoutMs,
  ): void {
    if (this.#closed) {
      const error =
        this.#closeReason ?? new KafkaError(ErrorCode.NETWORK_EXCEPTION, `connection to ${this.peer} is closed`)
      this.#host.tick(() => callback(error, null))
      return
    }
    const correlationId = this.#nextCorrelationId
    const chunks = encodeRequestFrame(request, version, { correlationId, clientId: this.#clientId }, body, this.#writer)
    this.#nextCorrelationId = (correlationId + 1) & 0x7fff_ffff
    const deadlineMs = this.#host.clock.monotonicMs() + timeoutMs
    this.#pending.push({
      correlationId,
      definition: response,
      version,
      deadlineMs,
      callback: callback as (error: KafkaError | null, response: unknown) => void,
    })
    this.#armTimer(deadlineMs)
    this.#transport.writev(chunks, null)
  }

  /** Sends a request that the broker does not answer (Produce with acks=0); `sent` when the kernel has taken it. */
  sendUnanswered<const Q extends RequestDefinition>(
    request: Q,
    version: number,
    body: Encodable<Q>,
    sent: (() => void) | null,
  ): void {
    const header = { correlationId: this.#nextCorrelationId, clientId: this.#clientId }
    const chunks = encodeRequestFrame(request, version, header, body, this.#writer)
    this.#nextCorrelationId = (header.correlationId + 1) & 0x7fff_ffff
    this.#transport.writev(chunks, sent)
  }

  /** Asks what the broker speaks (ApiVersions, down to v0 if it must be); `version` works afterwards. */
  negotiate(callback: (error: KafkaError | null) => void): void {
    this.#askVersions(versionsOf(apiVersionsRequest).max, callback)
  }

  /**
   * The highest version that both sides have, and no higher than `atMost`. Throws KafkaError UNSUPPORTED_VERSION when
   * there is none.
   */
  version(request: RequestDefinition, atMost: number = Infinity): number {
    const theirs = this.#versions?.get(request.apiKey)
    const ours = versionsOf(request)
    const version = theirs === undefined ? -1 : Math.min(ours.max, theirs.max, atMost)
    if (theirs === undefined || version < Math.max(ours.min, theirs.min)) {
      const told = theirs === undefined ? 'does not offer it' : `offers versions ${theirs.min} to ${theirs.max}`
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `${request.name}: ${this.peer} ${told}`)
    }
    return version
  }

  /** What the broker answered to ApiVersions, by API key; empty before negotiate(). */
  get versions(): ReadonlyMap<number, VersionRange> {
    return this.#versions ?? new Map<number, VersionRange>()
  }

  /** SASL/SCRAM-SHA-512 as on internal listeners; to be done before any other request. */
  authenticate(credentials: Credentials, callback: (error: KafkaError | null) => void): void {
    logIn(this, this.#host, credentials, callback)
  }

  /** Drops the connection; pending requests fail in a later turn. */
  close(): void {
    this.#closeReason ??= new KafkaError(
      ErrorCode.NETWORK_EXCEPTION,
      `connection to ${this.peer} was closed by this side`,
    )
    this.#transport.destroy()
  }

  #askVersions(version: number, callback: (error: KafkaError | null) => void): void {
    const body =
      version >= 3 ? { clientSoftwareName: CLIENT_SOFTWARE_NAME, clientSoftwareVersion: CLIENT_SOFTWARE_VERSION } : {}
    this.send(apiVersionsRequest, apiVersionsResponse, version, body, (error, response) => {
      if (response === null) return callback(error)
      if (response.errorCode === ErrorCode.UNSUPPORTED_VERSION && version > 0) {
        // The refusal names what the broker speaks; one that does not is old enough for v0.
        const offered = response.apiKeys.find((api) => api.apiKey === apiVersionsRequest.apiKey)
        return this.#askVersions(Math.min(offered?.maxVersion ?? 0, version - 1), callback)
      }
      if (response.errorCode !== ErrorCode.NONE) return callback(new KafkaError(response.errorCode))
      this.#versions = new Map(
        response.apiKeys.map((api) => [api.apiKey, { min: api.minVersion, max: api.maxVersion }]),
      )
      callback(null)
    })
  }

  #onFrame(bytes: Buffer, start: number, end: number): void {
    const pending = this.#pending.shift()
    if (pending === undefined) {
      return this.#fail(
        new KafkaError(ErrorCode.NETWORK_EXCEPTION, `${this.peer} sent a response that nothing asked for`),
      )
    }
    let response: unknown
    try {
      response = this.#decode(pending, bytes, start, end)
    } catch (cause) {
      this.#pending.unshift(pending)
      return this.#fail(networkError(`bad response from ${this.peer}`, cause))
    }
    pending.callback(null, response)
  }

  #decode(pending: Pending, bytes: Buffer, start: number, end: number): unknown {
    const reader = this.#reader
    reader.reset(bytes, start, end)
    const { definition, version } = pending
    const correlationId = decodeResponseHeader(definition, version, reader)
    if (correlationId !== pending.correlationId) {
      throw new Error(`correlation id ${correlationId} where ${pending.correlationId} is due`)
    }
    // A broker that does not know our ApiVersions version refuses it in the layout of version 0 (KIP-511).
    const refused =
      definition.apiKey === apiVersionsResponse.apiKey &&
      bytes.readInt16BE(reader.position) === ErrorCode.UNSUPPORTED_VERSION
    const response = decodeMessage(definition, refused ? 0 : version, reader)
    reader.expectEnd()
    return response
  }

  #armTimer(deadlineMs: number): void {
    if (deadlineMs >= this.#timerAtMs) return
    if (this.#timer !== null) this.#host.timers.clear(this.#timer)
    this.#timerAtMs = deadlineMs
    const delayMs = Math.max(0, deadlineMs - this.#host.clock.monotonicMs())
    this.#timer = this.#host.timers.set(delayMs, () => this.#onTimer())
  }

  /** One timer serves all requests: it looks for one that is overdue and goes on with the earliest that is not. */
  #onTimer(): void {
    this.#timer = null
    this.#timerAtMs = Infinity
    if (this.#closed) return
    const nowMs = this.#host.clock.monotonicMs()
    let earliestMs = Infinity
    for (const pending of this.#pending) {
      // A timer may fire a fraction of a millisecond early.
      if (pending.deadlineMs - nowMs < 1) {
        const message = `${pending.definition.name} from ${this.peer} did not arrive in time`
        return this.#fail(new KafkaError(ErrorCode.REQUEST_TIMED_OUT, message))
      }
      earliestMs = Math.min(earliestMs, pending.deadlineMs)
    }
    if (earliestMs < Infinity) this.#armTimer(earliestMs)
  }

  #fail(reason: KafkaError): void {
    this.#closeReason ??= reason
    this.#assembler.close()
    this.#transport.destroy()
  }

  #onClosed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#assembler.close()
    if (this.#timer !== null) this.#host.timers.clear(this.#timer)
    this.#timer = null
    const reason = this.#closeReason ?? new KafkaError(ErrorCode.NETWORK_EXCEPTION)
    for (const pending of this.#pending.splice(0)) pending.callback(reason, null)
    this.#onClose?.(reason)
  }
}
