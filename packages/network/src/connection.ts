/**
 * Connection: one client or node from accept to close. Bytes become frames, frames become requests, requests go to
 * their handlers, responses leave in request order.
 *
 * As in Kafka one request at a time is processed; the next one starts when it has been answered. Consecutive Produce
 * requests are the exception: they are handed to the log one after the other, so that one group commit takes them all.
 * What is not understood (unknown API, unsupported version, undecodable body) closes the connection with a
 * logged reason, as Kafka does. A handler that throws costs its connection, not the process; only a broken invariant
 * of our own is let through. Single owner: the server's loop.
 */
import type { Transport } from '@millrace/base/host'
import { InvariantError } from '@millrace/base/invariant'
import { ApiKey } from '@millrace/protocol/apis'
import { decodeMessage } from '@millrace/protocol/codec'
import { decodeRequestHeader } from '@millrace/protocol/headers'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { ANONYMOUS } from './certificate-principal.ts'
import { firstFrameBytesMax, type ConnectionOptionsOf } from './connection-options.ts'
import { Framer, type Frame } from './framer.ts'
import { PendingRequest, type RequestOwner } from './pending-request.ts'
import { requestRefusal, throttled, type ConnectionRefusal } from './request-refusal.ts'
import { metered, Mute, type ConnectionQuota, type MeteredRequest } from './request-quotas.ts'
import type { UsageCounts } from './request-usage.ts'
import { ResponseQueue } from './response-queue.ts'
import type { SaslAuthentication } from './sasl/sasl-authentication.ts'
import { CloseListeners, runAll } from './run-all.ts'
import type { BacklogUser } from './write-backlog.ts'

export type ConnectionOptions = ConnectionOptionsOf<Connection>

/** Less than this is not worth counting: the kernel's own buffers hold more. */
const BEHIND_BYTES = 64 * 1024

export class Connection implements RequestOwner, BacklogUser {
  readonly id: number
  readonly listenerName: string
  readonly internal: boolean
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  principal: string
  clientSoftwareName = ''
  clientSoftwareVersion = ''
  /** Monotonic time of the last byte from the peer or of the last response. */
  lastActiveMs: number
  readonly authentication: SaslAuthentication | null
  readonly quota: ConnectionQuota | null
  readonly #options: ConnectionOptions
  readonly #transport: Transport
  readonly #framer: Framer
  readonly #requests: ResponseQueue<PendingRequest>
  readonly #closeListeners = new CloseListeners()
  readonly #mute: Mute
  #usage: UsageCounts | null
  #requestBytes = 0
  #processing = 0
  #processingOnlyProduce = true
  #advancing = false
  #readPaused = false
  #flushScheduled = false
  #behind = false
  #toldOften = false
  /** Set by dropAfterResponse: what is answered still leaves, nothing else is started. */
  #ending = false
  /** Set by the first reason to drop; nothing is processed after it. */
  #dropped = false
  #closed = false

  constructor(transport: Transport, options: ConnectionOptions) {
    this.id = options.id
    this.listenerName = options.listener.name
    this.internal = options.listener.internal
    this.remoteAddress = transport.remoteAddress
    this.remotePort = transport.remotePort
    this.localAddress = transport.localAddress
    this.localPort = transport.localPort
    this.authentication = options.authentication
    this.principal = options.principal
    this.#options = options
    this.#usage = options.usage?.of('', '') ?? null
    this.#transport = transport
    this.#requests = new ResponseQueue(options.limits.requestsInFlightMax)
    this.lastActiveMs = options.host.clock.monotonicMs()
    this.#mute = new Mute(options.host.timers, () => this.#unmuted())
    this.quota = this.internal ? null : (options.quotas?.open(this) ?? null)
    this.#framer = new Framer({
      arena: options.arena,
      budget: options.budget,
      inArena: (apiKey) => apiKey === ApiKey.Produce,
      frameBytesMax: firstFrameBytesMax(options),
      onFrame: (frame) => this.#onFrame(frame),
      onRefused: ({ reason, refusal }) => {
        if (refusal !== null) this.refused(refusal)
        this.drop(reason)
      },
      onMemoryAvailable: () => this.#readOn(),
    })
    transport.attach({
      onBytes: (bytes, start, end) => this.#onBytes(bytes, start, end),
      onClose: (error) => this.#onClose(error),
      onDrain: () => this.#onDrain(),
    })
  }

  /** Requests received and not yet fully answered. */
  get requestsInFlight(): number {
    return this.#requests.size
  }

  get muted(): boolean {
    return this.#mute.active
  }

  get unwrittenBytes(): number {
    return this.#transport.unwrittenBytes
  }

  /** True while a request is half received and it is the peer's turn: memory is held for bytes yet to come. */
  get awaitsRestOfFrame(): boolean {
    return this.#framer.midFrame && !this.#framer.blocked
  }

  onClose(listener: () => void): () => void {
    return this.#closeListeners.add(listener)
  }

  /** The peer has told what software it is. */
  identified(softwareName: string, softwareVersion: string): void {
    this.clientSoftwareName = softwareName
    this.clientSoftwareVersion = softwareVersion
    this.#usage = this.#options.usage?.of(softwareName, softwareVersion) ?? null
  }

  /** The peer has proved who it is: other requests and larger frames are accepted from here on. */
  authenticated(principal: string): void {
    this.principal = principal
    this.#options.onAuthenticated(this)
    this.#framer.frameBytesMax = this.#options.limits.requestBytesMax
  }

  /** Keeps for `why` that the peer is turned away; to be dropped by the caller. */
  refused(refusal: ConnectionRefusal): void {
    this.#toldOften = !this.#keep(refusal)
  }

  /** Returns whether it is worth a line in the log. */
  #keep(refusal: ConnectionRefusal): boolean {
    const { listenerName: listener, remoteAddress } = this
    const principal = this.principal === ANONYMOUS ? null : this.principal
    return this.#options.refusals.add({ principal, ...refusal, listener, remoteAddress })
  }

  /** Closes at once; `reason` is logged. What was answered but not yet written is lost. */
  drop(reason: string, cause?: Error): void {
    if (this.#dropped || this.#closed) return
    this.#dropped = true
    this.#options.logger[this.#toldOften ? 'debug' : 'info']('connection dropped', {
      connection: this.id,
      listener: this.listenerName,
      remoteAddress: this.remoteAddress,
      reason,
      ...(cause === undefined ? {} : { cause: cause.stack ?? cause.message }),
    })
    this.#transport.destroy()
  }

  /** Writes what is answered so far, reads nothing more, and closes after `delayMs`. */
  dropAfterResponse(reason: string, delayMs: number): void {
    this.#ending = true
    this.#framer.pause()
    this.#pauseReading()
    this.#options.host.timers.set(delayMs, () => this.drop(reason))
  }

  /** What has been received is kept, nothing more is read or started for `delayMs` (KIP-219). */
  mute(delayMs: number): void {
    this.#mute.begin(delayMs, this.#options.host.clock.monotonicMs())
    this.#framer.pause()
    this.#pauseReading()
  }

  throttle(request: MeteredRequest, delayMs: number): void {
    this.#keep(throttled(this.quota?.explain(request, delayMs) ?? null, delayMs))
    this.mute(delayMs)
  }

  /** Writes what is due and starts what may be started; once per turn of the loop, with nothing else on the stack. */
  flush(): void {
    this.#flushScheduled = false
    this.#write()
    this.#advance()
  }

  /** Writes the responses that are due, in request order, as one write. */
  #write(): void {
    const buffers: Buffer[] = []
    const releases: (() => void)[] = []
    for (let request = this.#requests.takeAnswered(); request !== undefined; request = this.#requests.takeAnswered()) {
      for (const chunk of request.chunks) buffers.push(chunk)
      if (request.release !== null) releases.push(request.release)
    }
    if (buffers.length > 0 && !this.#dropped && !this.#closed) {
      this.lastActiveMs = this.#options.host.clock.monotonicMs()
      this.#transport.writev(buffers, releases.length === 0 ? null : () => runAll(releases))
      if (this.#transport.unwrittenBytes >= BEHIND_BYTES) {
        this.#behind = true
        this.#options.backlog.add(this)
      }
    } else {
      runAll(releases)
    }
  }

  /**
   * Called by a request that has been answered; `response` null sends nothing. Whoever answers may be in the middle of a
   * change (a group answers its members one by one), so the next request never starts on this stack.
   */
  answered(request: PendingRequest, response: unknown, release: (() => void) | null): void {
    this.#processing--
    this.#requestBytes -= request.bytesLength
    const answer = this.quota?.active === true ? metered(this.quota, request, response, this) : response
    if (answer !== null && !this.#closed && !this.#dropped) {
      try {
        request.encode(answer, this.#options.writer)
      } catch (error) {
        if (error instanceof InvariantError) throw error
        this.#failed(request, error)
      }
    }
    request.release = release
    this.#framer.releaseFrame(request.held)
    if (this.#closed) release?.()
    // Record bytes leave while they are in the processor's cache and their memory is used again at once; what is small
    // waits for the end of the turn and leaves together.
    else if (release !== null) this.#write()
    else this.#scheduleFlush()
    const waits = this.#requests.peekWaiting() !== undefined || this.#framer.blocked
    if (waits && !this.#advancing && !this.#closed) this.#scheduleFlush()
  }

  #onBytes(bytes: Uint8Array, start: number, end: number): void {
    if (this.#dropped) return
    this.lastActiveMs = this.#options.host.clock.monotonicMs()
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#framer.push(buffer, start, end)
    if (this.#framer.blocked) this.#pauseReading()
  }

  #onFrame(frame: Frame): void {
    const request = new PendingRequest(this, frame)
    this.#requests.push(request)
    this.#requestBytes += request.bytesLength
    if (!this.#mayReceive()) this.#framer.pause()
    this.#advance()
  }

  #mayReceive(): boolean {
    const { limits } = this.#options
    return (
      !this.#ending && !this.#mute.active && !this.#requests.full && this.#requestBytes < limits.requestBytesInFlightMax
    )
  }

  /** Starts what may be started, then lets the framer go on if there is room again. */
  #advance(): void {
    if (this.#advancing) return
    this.#advancing = true
    try {
      while (!this.#dropped && !this.#ending && !this.#closed && this.#mayStart()) this.#start(this.#requests.start())
    } finally {
      this.#advancing = false
    }
    if (this.#framer.blocked && this.#mayReceive()) this.#readOn()
  }

  #mayStart(): boolean {
    const next = this.#requests.peekWaiting()
    if (next === undefined || this.#mute.active) return false
    if (this.#processing > 0 && !(this.#processingOnlyProduce && next.apiKey === ApiKey.Produce)) return false
    return this.#transport.unwrittenBytes <= this.#options.limits.unwrittenBytesMax
  }

  #start(request: PendingRequest): void {
    this.#processingOnlyProduce = request.apiKey === ApiKey.Produce
    this.#processing++
    request.started = true
    const { quota } = this
    const startMs = quota?.timed === true ? this.#options.host.clock.monotonicMs() : -1
    try {
      this.#dispatch(request)
    } catch (error) {
      if (error instanceof InvariantError) throw error
      if (error instanceof DecodeError) this.#unserved(request, `undecodable request: ${error.message}`)
      else this.#failed(request, error)
    }
    if (startMs >= 0) quota?.worked(request.clientId, this.#options.host.clock.monotonicMs() - startMs)
  }

  #unmuted(): void {
    this.lastActiveMs = this.#options.host.clock.monotonicMs()
    this.#advance()
  }

  #dispatch(request: PendingRequest): void {
    const { builtIn, handlers } = this.#options
    const builtInHandler = builtIn.get(request.apiKey)
    const handler = builtInHandler ?? handlers.get(request.apiKey)
    const refused = requestRefusal(request.apiKey, handler, builtInHandler !== undefined, this)
    if (handler === undefined || refused !== null) {
      if (refused?.refusal) this.refused(refused.refusal)
      return this.#unserved(request, refused?.reason ?? 'unknown API key')
    }
    request.handler = handler
    if (request.bare) return handler.handle(request, { authBytes: Buffer.from(request.requestBytes) }, request.respond)
    const range = this.#options.versionRange(request.apiKey)
    // Produce 0 to 2 are advertised for old librdkafka but never served, see api-versions.ts.
    if (range === null || request.apiVersion < range.min || request.apiVersion > range.max) {
      if (request.apiKey === ApiKey.ApiVersions && range !== null) return builtIn.refuseVersion(request, range)
      return this.#unserved(request, 'unsupported version')
    }
    const reader = new Reader(request.held.bytes, request.held.start, request.held.end)
    // Nodes may have more to say: one AlterPartition can name every partition of a broker.
    if (!this.internal) reader.elementsMax = this.#options.limits.requestElementsMax
    const header = decodeRequestHeader(reader)
    const body = decodeMessage(handler.request, request.apiVersion, reader)
    // Kafka reads past bytes that follow a request, and librdkafka 2.15 sends three behind a Metadata of all topics.
    if (this.internal) reader.expectEnd()
    request.clientId = header.clientId
    handler.handle(request, body, request.respond)
    // Behind the handler: an ApiVersions request counts for the software that it names.
    this.#usage?.count(request.apiKey, request.apiVersion)
  }

  #unserved(request: PendingRequest, reason: string): void {
    this.#abandon(request)
    this.drop(`${reason} (API key ${request.apiKey}, version ${request.apiVersion})`)
  }

  #failed(request: PendingRequest, error: unknown): void {
    this.#abandon(request)
    const cause = error instanceof Error ? error : new Error('a handler threw no Error', { cause: error })
    this.drop(`request failed (API key ${request.apiKey}, version ${request.apiVersion})`, cause)
  }

  /** The request will not be answered: its memory goes back now, a late answer is ignored. */
  #abandon(request: PendingRequest): void {
    if (request.answered) return
    request.abandoned = true
    this.#framer.releaseFrame(request.held)
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    this.#options.scheduleFlush(this)
  }

  #onDrain(): void {
    if (this.#behind) {
      this.#behind = false
      this.#options.backlog.remove(this)
    }
    this.#advance()
  }

  #pauseReading(): void {
    if (this.#readPaused) return
    this.#readPaused = true
    this.#transport.pause()
  }

  /** Frames what is held; reads again once nothing is. */
  #readOn(): void {
    if (this.#dropped || this.#closed || !this.#mayReceive()) return
    if (this.#framer.resume() && this.#readPaused) {
      this.#readPaused = false
      this.#transport.resume()
    }
  }

  #onClose(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    if (error !== null) this.#options.logger.debug('connection broke', { connection: this.id, error: error.message })
    this.#mute.close()
    this.#framer.close()
    this.#options.backlog.remove(this)
    for (let request = this.#requests.takeAny(); request !== undefined; request = this.#requests.takeAny()) {
      if (request.answered) request.release?.()
      else if (!request.started) this.#framer.releaseFrame(request.held)
    }
    this.#closeListeners.run()
    this.#options.onClosed(this)
  }
}
