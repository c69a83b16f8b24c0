/**
 * What a request handler is given and what it gives back. Broker and controller write handlers against these types;
 * only the request server calls them.
 *
 * Buffers: a request's byte fields are views. Of Produce they lie in the arena (`context.frame`): whoever keeps them
 * past its call of `respond` retains the slab. Of every other API they lie in a private buffer and live as long as they
 * are referenced.
 */
import type { ClientCertificates, TlsServerOptions } from '@millrace/base/host'
import type { FrameLease } from '@millrace/log/arena'
import type { RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import type { ConnectionQuota } from './request-quotas.ts'
import type { SaslMechanism } from './sasl/sasl-mechanism.ts'

export interface ListenerOptions {
  /** Unique among the listeners of one server: 'CLIENT', 'INTERNAL', … */
  readonly name: string
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Internal listeners demand the cluster's secret and serve the inter-broker APIs. */
  readonly internal: boolean
  readonly transport?: 'auto' | 'onread' | 'data'
  /** What the listener shows; absent: plaintext. */
  readonly tls?: TlsServerOptions
  /** With TLS: clients are asked for certificates, and known by the subject. RequestServer.replaceClientTrust says whose; until then nobody's. */
  readonly clientCertificates?: ClientCertificates['demand']
  /** By which clients prove who they are; none: they need not. Internal listeners have their own. */
  readonly saslMechanisms?: readonly SaslMechanism[]
}

/** One connection as handlers see it. The same object for the connection's whole life. */
export interface ConnectionInfo {
  /** Unique within the server, never reused. */
  readonly id: number
  readonly listenerName: string
  readonly internal: boolean
  /** 'User:ANONYMOUS', `User:` and the subject of its certificate, or what a login has proved ('Node:internal': the cluster's secret). */
  readonly principal: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** From ApiVersions v3+; '' until told. */
  readonly clientSoftwareName: string
  readonly clientSoftwareVersion: string
  /** What its client may use; null: anything (nodes, and servers without quotas). */
  readonly quota: ConnectionQuota | null
  /** Calls `listener` once when the connection is gone, at once if it is gone already. Returns what takes it off again. */
  onClose(listener: () => void): () => void
}

export interface RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  /** Header and body as received, without the size. A view, with the lifetime of the request's byte fields. */
  readonly requestBytes: Buffer
  /** Where the request lies in the arena; null when it has a private buffer. Held by the server until `respond`. */
  readonly frame: FrameLease | null
  /** Drops the connection, for errors that have no response to travel in (acks=0). `reason` is logged. `respond` is still due. */
  closeConnection(reason: string): void
}

/**
 * Sends the response; null sends nothing (Produce with acks=0). To be called exactly once, in any turn.
 * `release` is called once when the kernel has taken the bytes, or the connection is gone: until then the response's
 * byte fields must not change.
 */
export type Respond<Response> = (response: Response | null, release?: (() => void) | null) => void

export interface ApiHandler<Request = unknown, Response = unknown> {
  readonly request: RequestDefinition
  readonly response: ResponseDefinition
  /** Served on internal listeners only; a client that asks is disconnected. */
  readonly internalOnly?: boolean
  handle(context: RequestContext, request: Request, respond: Respond<Response>): void
}

/** Handlers by API key. SaslHandshake, ApiVersions and SaslAuthenticate are the server's own and not in it. */
export type HandlerMap = ReadonlyMap<number, ApiHandler>

export interface VersionRange {
  readonly min: number
  readonly max: number
}
