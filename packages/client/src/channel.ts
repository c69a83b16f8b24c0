/**
 * NodeChannel: from one node of a cluster to another, over the internal listener. Connects when there is something to
 * send, logs in, and comes back by itself after a loss, with exponential backoff and jitter. Versions are the caller's:
 * nodes of one cluster run one release, so no ApiVersions round trip is made.
 *
 * A request is sent at most once. What is queued or in flight when the connection fails, fails with a KafkaError; to
 * send again is the caller's decision. Callbacks never come inside send().
 */
import type { Host, TimerHandle, TlsClientOptions } from '@millrace/base/host'
import { silentLogger, type Logger } from '@millrace/base/logger'
import type { Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { KafkaConnection, REQUEST_TIMEOUT_MS, type ResponseCallback } from './connection.ts'
import { KafkaError, networkError } from './kafka-error.ts'
import type { Credentials } from './scram-login.ts'

/** Requests waiting for a connection; a node that asks for more has lost its peer and must hear so. */
const QUEUED_REQUESTS_MAX = 1_000
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 1_000
const CONNECT_TIMEOUT_MS = 5_000

export interface NodeChannelOptions {
  readonly host: Host
  readonly logger?: Logger
  readonly address: { readonly host: string; readonly port: number }
  readonly clientId: string
  /** For SCRAM-SHA-512; null on listeners that ask for none. */
  readonly credentials: Credentials | null
  /** For TLS listeners; plaintext without it. */
  readonly tls?: TlsClientOptions
  readonly requestTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** First and longest wait before connecting again. */
  readonly backoffMinMs?: number
  readonly backoffMaxMs?: number
  /**
   * True, the default: `bytes` and `records` of responses are views that are valid only during the callback.
   * False: every response has memory of its own.
   */
  readonly transientFrames?: boolean
  /** An established connection was lost, or one could not be established; not called by close(). */
  readonly onDisconnect?: (error: KafkaError) => void
}

type State = 'idle' | 'connecting' | 'connected' | 'backoff' | 'closed'

interface Queued {
  readonly dispatch: (connection: KafkaConnection) => void
  readonly fail: (error: KafkaError) => void
}

export class NodeChannel {
  readonly #options: NodeChannelOptions
  readonly #host: Host
  readonly #logger: Logger
  #state: State = 'idle'
  #connection: KafkaConnection | null = null
  #queue: Queued[] = []
  #failures = 0
  #backoffTimer: TimerHandle | null = null

  constructor(options: NodeChannelOptions) {
    this.#options = options
    this.#host = options.host
    this.#logger = options.logger ?? silentLogger
  }

  /** True when a request would leave at once. */
  get connected(): boolean {
    return this.#state === 'connected'
  }

  /** "host:port" as configured. */
  get peer(): string {
    return `${this.#options.address.host}:${this.#options.address.port}`
  }

  /** Requests sent or queued and not yet answered. */
  get inFlight(): number {
    return this.#queue.length + (this.#connection?.inFlight ?? 0)
  }

  /** Sends one request, connecting first if need be. `timeoutMs` counts from when it leaves. */
  send<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    callback: ResponseCallback<R>,
    timeoutMs: number = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
  ): void {
    const fail = (error: KafkaError): void => callback(error, null)
    const dispatch = (connection: KafkaConnection): void => {
      try {
        connection.send(request, response, version, body, callback, timeoutMs)
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause)
        const error = new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `${request.name} v${version}: ${message}`, {
          cause,
        })
        this.#host.tick(() => fail(error))
      }
    }
    if (this.#state === 'connected' && this.#connection !== null) return dispatch(this.#connection)
    if (this.#state === 'closed' || this.#queue.length === QUEUED_REQUESTS_MAX) {
      const why = this.#state === 'closed' ? 'is closed' : `has ${QUEUED_REQUESTS_MAX} requests waiting`
      this.#host.tick(() => fail(new KafkaError(ErrorCode.NETWORK_EXCEPTION, `channel to ${this.peer} ${why}`)))
      return
    }
    this.#queue.push({ dispatch, fail })
    if (this.#state === 'idle') this.#connect()
  }

  /** Drops the connection; what is queued or in flight fails in a later turn. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    if (this.#backoffTimer !== null) this.#host.timers.clear(this.#backoffTimer)
    this.#backoffTimer = null
    this.#connection?.close()
    this.#connection = null
    const error = new KafkaError(ErrorCode.NETWORK_EXCEPTION, `channel to ${this.peer} was closed`)
    this.#host.tick(() => this.#failQueue(error))
  }

  #connect(): void {
    this.#state = 'connecting'
    const { address, connectTimeoutMs = CONNECT_TIMEOUT_MS, tls } = this.#options
    this.#host.network.connect(
      { host: address.host, port: address.port, connectTimeoutMs, ...(tls === undefined ? {} : { tls }) },
      (error, transport) => {
        if (transport === null) return this.#onLost(networkError(`cannot connect to ${this.peer}`, error))
        const connection = new KafkaConnection({
          host: this.#host,
          transport,
          clientId: this.#options.clientId,
          requestTimeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
          transientFrames: this.#options.transientFrames ?? true,
          onClose: (reason) => {
            if (this.#connection === connection) this.#onLost(networkError(`lost ${this.peer}`, reason))
          },
        })
        if (this.#state === 'closed') return connection.close()
        this.#connection = connection
        this.#logIn(connection)
      },
    )
  }

  #logIn(connection: KafkaConnection): void {
    const { credentials } = this.#options
    if (credentials === null) return this.#onReady(connection)
    connection.authenticate(credentials, (error) => {
      if (this.#connection !== connection) return
      if (error === null) return this.#onReady(connection)
      this.#connection = null
      connection.close()
      this.#onLost(error)
    })
  }

  #onReady(connection: KafkaConnection): void {
    this.#state = 'connected'
    this.#failures = 0
    const queue = this.#queue
    this.#queue = []
    for (const queued of queue) queued.dispatch(connection)
  }

  #onLost(error: KafkaError): void {
    this.#connection = null
    if (this.#state === 'closed') return
    const wasConnected = this.#state === 'connected'
    this.#state = 'backoff'
    const delayMs = this.#backoffMs()
    this.#failures++
    this.#logger.debug('channel lost', { peer: this.peer, wasConnected, delayMs, error: error.message })
    this.#backoffTimer = this.#host.timers.set(delayMs, () => {
      this.#backoffTimer = null
      this.#state = 'idle'
      if (this.#queue.length > 0) this.#connect()
    })
    this.#failQueue(error)
    this.#options.onDisconnect?.(error)
  }

  /** Doubling from the least wait, give or take a fifth: nodes that lost the same peer must not return in step. */
  #backoffMs(): number {
    const { backoffMinMs = BACKOFF_MIN_MS, backoffMaxMs = BACKOFF_MAX_MS } = this.#options
    const plainMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failures, 16))
    return Math.round(plainMs * (0.8 + this.#host.random.below(401) / 1000))
  }

  #failQueue(error: KafkaError): void {
    const queue = this.#queue
    this.#queue = []
    for (const queued of queue) queued.fail(error)
  }
}
