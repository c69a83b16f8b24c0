/**
 * RequestServer: the listeners of one broker or controller. It accepts connections, frames and decodes requests, hands
 * them to handlers by API key, and writes the responses in request order. It knows no API's meaning except ApiVersions
 * and the two of SASL. One per node; single owner: the node's loop.
 *
 *   Transport ─▶ Framer ─▶ Connection ─▶ ApiHandler ─▶ ResponseQueue ─▶ Transport (one writev per connection and tick)
 */
import type {
  Acceptor,
  ClientTrust,
  Host,
  PeerCertificate,
  Peer,
  TimerHandle,
  TlsServerOptions,
  Transport,
} from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { Logger } from '@millrace/base/logger'
import type { Arena } from '@millrace/log/arena'
import { Writer } from '@millrace/protocol/primitives/writer'
import type { ClientAccess } from './access/client-access.ts'
import type { ConnectionInfo, HandlerMap, ListenerOptions, VersionRange } from './api-handler.ts'
import { noFeatures, type AdvertisedFeatures } from './api-versions.ts'
import { createBuiltInHandlers } from './built-in-handlers.ts'
import { ANONYMOUS, certificatePrincipal } from './certificate-principal.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { handshakeFailure, handshakeRefusal, revokedCertificate } from './handshake-failure.ts'
import { INTERNAL_PRINCIPAL, INTERNAL_USER } from './internal-listener.ts'
import { defaultConnectionLimits, defaultLimits, type ConnectionLimits, type RequestServerLimits } from './limits.ts'
import { MemoryBudget } from './memory-budget.ts'
import type { PrincipalMapping } from './principal-mapping.ts'
import { Refusals, type RefusalKind } from './refusals.ts'
import { SeenPrincipals } from './seen-principals.ts'
import { SaslAuthentication } from './sasl/sasl-authentication.ts'
import type { SaslMechanism } from './sasl/sasl-mechanism.ts'
import { internalScramMechanism } from './sasl/scram-mechanism.ts'
import type { RequestQuotas } from './request-quotas.ts'
import { throttled } from './request-refusal.ts'
import { RequestUsage } from './request-usage.ts'
import { WriteBacklog } from './write-backlog.ts'

export type {
  ApiHandler,
  ConnectionInfo,
  HandlerMap,
  ListenerOptions,
  RequestContext,
  Respond,
  VersionRange,
} from './api-handler.ts'
export type { AdvertisedFeatures } from './api-versions.ts'
export type { RequestServerLimits } from './limits.ts'

export interface RequestServerOptions {
  readonly host: Host
  readonly logger: Logger
  readonly arena: Arena
  readonly listeners: readonly ListenerOptions[]
  readonly handlers: HandlerMap
  /** The versions of an API that are served on a listener; null: none. Also asked for the server's own APIs 17, 18, 36. */
  readonly versionRange: (apiKey: number, listener: ListenerOptions) => VersionRange | null
  /** What ApiVersions tells of features; none by default. */
  readonly features?: AdvertisedFeatures
  /** The cluster's secret, demanded on internal listeners. */
  readonly internalSecret: string
  readonly limits?: Partial<RequestServerLimits>
  readonly connectionLimits?: ConnectionLimits
  /** Of clients; none by default. */
  readonly quotas?: RequestQuotas
  /** Which addresses clients may connect from; any by default. */
  readonly access?: ClientAccess
  /**
   * False while the server knows nothing to tell: connections of clients are closed as soon as they come, and the client
   * turns to another server. Always true by default.
   */
  readonly servesClients?: () => boolean
  /** Hears of every connection that is gone, in the turn in which it went. */
  readonly onConnectionClosed?: (connection: ConnectionInfo) => void
}

const SWEEP_INTERVAL_MS = 5_000

const wholeSubject: PrincipalMapping = (subject) => subject
const nobody: ClientTrust = { authoritiesPem: [], revocations: [] }

export class RequestServer {
  /** What clients have asked since the server started. */
  readonly usage: RequestUsage = new RequestUsage()
  /** Who was turned away before it could ask anything, and who is throttled. */
  readonly refusals: Refusals
  /** Clients that came in. */
  readonly principals: SeenPrincipals
  readonly #options: RequestServerOptions
  readonly #limits: RequestServerLimits
  readonly #budget: MemoryBudget
  readonly #backlog: WriteBacklog
  readonly #writer: Writer = new Writer()
  readonly #nodeMechanisms: readonly SaslMechanism[]
  readonly #acceptors = new Map<string, Acceptor>()
  readonly #connections = new Set<Connection>()
  readonly #connectionsByAddress = new Map<string, number>()
  /** What clients have shown. */
  readonly #certificates = new Map<Connection, PeerCertificate>()
  #clientTrust: ClientTrust = nobody
  #principalMapping: PrincipalMapping = wholeSubject
  #unflushed: Connection[] = []
  #unreviewed: readonly Connection[] = []
  #reasonOf: (connection: Connection) => string | null = () => null
  #nextConnectionId = 1
  #sweep: TimerHandle | null = null
  #closing = false

  constructor(options: RequestServerOptions) {
    this.#options = options
    this.refusals = new Refusals(() => options.host.clock.nowMs())
    this.principals = new SeenPrincipals(() => options.host.clock.nowMs())
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#budget = new MemoryBudget(this.#limits.frameMemoryBytesMax)
    this.#backlog = new WriteBacklog(this.#limits.unwrittenTotalBytesMax)
    const needsSecret = options.listeners.some((listener) => listener.internal)
    const node = { random: options.host.random, user: INTERNAL_USER, principal: INTERNAL_PRINCIPAL }
    this.#nodeMechanisms = needsSecret ? [internalScramMechanism({ ...node, secret: options.internalSecret })] : []
  }

  /** Opens all listeners; on an error those already open are closed again. */
  start(callback: (error: Error | null) => void): void {
    const { listeners, host } = this.#options
    const next = (index: number): void => {
      const listener = listeners[index]
      if (listener === undefined) return callback(null)
      const accept = this.#acceptorOf(listener)
      const { port, transport = 'auto', tls, clientCertificates: demand } = listener
      const onHandshakeFailed = (remoteAddress: string, cause: Error): void => {
        const peer = { listener: listener.name, remoteAddress }
        if (this.refusals.add({ ...handshakeRefusal(cause), ...peer }))
          this.#options.logger.info('connection dropped', { ...peer, reason: handshakeFailure(cause) })
      }
      const admit = (peer: Peer): boolean => this.#admits(listener, peer)
      const options = {
        host: listener.host,
        port,
        transport,
        admit,
        onConnection: accept,
        onHandshakeFailed,
        ...(tls === undefined ? {} : { tls }),
        ...(demand === undefined ? {} : { clientCertificates: { demand, trust: this.#clientTrust } }),
      }
      host.network.listen(options, (error, acceptor) => {
        if (error !== null) return this.close(() => callback(error))
        invariant(acceptor !== null, 'listening gives an acceptor')
        this.#acceptors.set(listener.name, acceptor)
        next(index + 1)
      })
    }
    next(0)
  }

  /** The port a listener is bound to. Throws InvariantError before `start` has called back. */
  port(listenerName: string): number {
    const acceptor = this.#acceptors.get(listenerName)
    invariant(acceptor !== undefined, 'listener is not open', { listenerName })
    return acceptor.port
  }

  /** Connections to come on TLS listeners are shown another certificate; open ones live on. @throws when it is none */
  replaceCertificate(tls: TlsServerOptions): void {
    for (const listener of this.#options.listeners) {
      if (listener.tls !== undefined) this.#acceptors.get(listener.name)?.replaceCertificate(tls)
    }
  }

  /**
   * Clients to come are accepted by these authorities, and named by `mapping` (their whole subject without). Open connections live on, except those whose certificate has been
   * revoked. @throws when an authority cannot be read
   */
  replaceClientTrust(trust: ClientTrust, mapping: PrincipalMapping = wholeSubject): void {
    this.#principalMapping = mapping
    for (const listener of this.#options.listeners) {
      if (listener.clientCertificates !== undefined) this.#acceptors.get(listener.name)?.replaceClientTrust(trust)
    }
    this.#clientTrust = trust
    for (const [connection, certificate] of this.#certificates) {
      if (!certificate.isRevokedBy(trust)) continue
      connection.refused(revokedCertificate)
      connection.drop("the client's certificate has been revoked")
    }
  }

  get connections(): Iterable<ConnectionInfo> {
    return this.#connections
  }

  /** Closes every connection for which `reasonOf` has a reason, at once. */
  dropConnections(reasonOf: (connection: Connection) => string | null): void {
    for (const connection of [...this.#connections]) {
      const reason = reasonOf(connection)
      if (reason !== null) connection.drop(reason)
    }
  }

  /**
   * The same where `reasonOf` takes its time: some connections in this turn of the loop, some in each of the next. A later call
   * takes the place of one that is under way; who waits comes first then.
   */
  reviewConnections(reasonOf: (connection: Connection) => string | null): void {
    const underWay = this.#unreviewed.length > 0
    this.#unreviewed = [...new Set([...this.#unreviewed, ...this.#connections])]
    this.#reasonOf = reasonOf
    if (!underWay) this.#reviewSome()
  }

  #reviewSome(): void {
    const { reviewedAtOnceMax } = this.#limits
    const due = this.#unreviewed.slice(0, reviewedAtOnceMax)
    this.#unreviewed = this.#unreviewed.slice(reviewedAtOnceMax)
    for (const connection of due) {
      const reason = this.#connections.has(connection) ? this.#reasonOf(connection) : null
      if (reason !== null) connection.drop(reason)
    }
    if (this.#unreviewed.length > 0) this.#options.host.tick(() => this.#reviewSome())
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Memory of all requests being received and processed, in bytes. */
  get frameMemoryBytes(): number {
    return this.#budget.usedBytes
  }

  /** Stops listening and drops all connections; `callback` when the ports are free. */
  close(callback: () => void): void {
    this.#closing = true
    if (this.#sweep !== null) this.#options.host.timers.clear(this.#sweep)
    this.#sweep = null
    for (const connection of this.#connections) connection.drop('the server closes')
    const acceptors = [...this.#acceptors.values()]
    let open = acceptors.length
    if (open === 0) return callback()
    for (const acceptor of acceptors) acceptor.close(() => (--open === 0 ? callback() : undefined))
  }

  /** Nodes of the cluster come in; clients where their address may. */
  #admits(listener: ListenerOptions, peer: Peer): boolean {
    const refusal = listener.internal ? null : (this.#options.access?.refusal(listener.name, peer) ?? null)
    if (refusal === null) return true
    const from = { listener: listener.name, remoteAddress: peer.remoteAddress }
    if (this.refusals.add({ ...refusal, ...from }))
      this.#options.logger.info('connection refused', { ...from, reason: refusal.reason })
    return false
  }

  /** What accepts the connections of one listener. */
  #acceptorOf(listener: ListenerOptions): (transport: Transport) => void {
    const { host, logger, arena, handlers, features = noFeatures } = this.#options
    const versionRange = (apiKey: number): VersionRange | null => this.#options.versionRange(apiKey, listener)
    const builtIn = createBuiltInHandlers(
      { handlers, internal: listener.internal, versionRange, features },
      this.#limits.failedAuthenticationDelayMs,
    )
    const shared = {
      host,
      logger,
      arena,
      handlers,
      builtIn,
      listener,
      versionRange,
      budget: this.#budget,
      backlog: this.#backlog,
      writer: this.#writer,
      limits: this.#limits,
      quotas: this.#options.quotas ?? null,
      refusals: this.refusals,
      usage: listener.internal ? null : this.usage,
      scheduleFlush: (connection: Connection) => this.#scheduleFlush(connection),
      onAuthenticated: (connection: Connection) => this.#seen(connection),
      onClosed: (connection: Connection) => this.#onClosed(connection),
    }
    return (transport) => {
      const id = this.#nextConnectionId++
      const mechanisms = listener.internal ? this.#nodeMechanisms : (listener.saslMechanisms ?? [])
      const authentication =
        mechanisms.length === 0 ? null : new SaslAuthentication({ clock: host.clock, mechanisms, peer: transport })
      const principal = certificatePrincipal(transport.peerCertificate, this.#principalMapping) ?? ANONYMOUS
      this.#accept(transport, { ...shared, id, authentication, principal })
    }
  }

  #accept(transport: Transport, options: ConnectionOptions): void {
    const connection = new Connection(transport, options)
    this.#connections.add(connection)
    if (transport.peerCertificate !== null) this.#certificates.set(connection, transport.peerCertificate)
    const ofAddress = (this.#connectionsByAddress.get(connection.remoteAddress) ?? 0) + 1
    this.#connectionsByAddress.set(connection.remoteAddress, ofAddress)
    if (this.#closing) return connection.drop('the server closes')
    if (!connection.internal && this.#options.servesClients?.() === false)
      return connection.drop('clients are not served yet')
    if (transport.peerCertificate !== null && connection.principal === ANONYMOUS)
      return this.#turnAway(
        connection,
        'client-certificate',
        'its certificate has no subject that a principal can be made of',
      )
    const limits = this.#options.connectionLimits ?? defaultConnectionLimits
    // Nodes of the cluster are never locked out by clients.
    if (!connection.internal && this.#connections.size > limits.connectionsMax)
      return this.#turnAway(connection, 'connection-limit', 'max.connections reached')
    if (!connection.internal && ofAddress > limits.ofAddress(connection.remoteAddress))
      return this.#turnAway(connection, 'connection-limit', 'max.connections.per.ip reached')
    if (this.#sweep === null) this.#scheduleSweep()
    if (connection.authentication === null) this.#seen(connection)
    if (!connection.internal) this.#delay(connection)
  }

  #seen({ internal, principal, remoteAddress, listenerName }: Connection): void {
    if (!internal) this.principals.add({ principal, remoteAddress, listener: listenerName })
  }

  /** Who connects too often waits (KIP-612), and may find itself closed then. */
  #delay(connection: Connection): void {
    const delay = this.#options.quotas?.admit(connection.remoteAddress) ?? null
    if (delay === null) return
    connection.refused(throttled(delay.excess, delay.delayMs))
    if (delay.refused) connection.dropAfterResponse('connection_creation_rate exceeded', delay.delayMs)
    else connection.mute(delay.delayMs)
  }

  #turnAway(connection: Connection, kind: RefusalKind, reason: string): void {
    connection.refused({ kind, reason: `The broker does not take this connection: ${reason}.` })
    connection.drop(reason)
  }

  #onClosed(connection: Connection): void {
    this.#connections.delete(connection)
    this.#certificates.delete(connection)
    const ofAddress = (this.#connectionsByAddress.get(connection.remoteAddress) ?? 1) - 1
    if (ofAddress === 0) this.#connectionsByAddress.delete(connection.remoteAddress)
    else this.#connectionsByAddress.set(connection.remoteAddress, ofAddress)
    this.#options.onConnectionClosed?.(connection)
  }

  #scheduleFlush(connection: Connection): void {
    if (this.#unflushed.push(connection) > 1) return
    this.#options.host.tick(() => {
      const due = this.#unflushed
      this.#unflushed = []
      for (const each of due) each.flush()
    })
  }

  #scheduleSweep(): void {
    this.#sweep = this.#options.host.timers.set(Math.min(SWEEP_INTERVAL_MS, this.#limits.idleMs), () => {
      this.#sweep = null
      const nowMs = this.#options.host.clock.monotonicMs()
      for (const connection of this.#connections) this.#dropIfIdle(connection, nowMs - connection.lastActiveMs)
      if (this.#connections.size > 0 && !this.#closing) this.#scheduleSweep()
    })
  }

  #dropIfIdle(connection: Connection, idleMs: number): void {
    const stalled =
      connection.awaitsRestOfFrame && this.#budget.waitingCount > 0 && idleMs >= this.#limits.stalledFrameMs
    if (stalled) connection.drop('half a request stands still while others wait for its memory')
    else if (idleMs >= this.#limits.idleMs && connection.requestsInFlight === 0 && !connection.muted)
      connection.drop('idle')
  }
}
