/** One request from its frame to its response: what the handler sees of it, and what the connection keeps of it. */
import { invariant } from '@millrace/base/invariant'
import type { FrameLease } from '@millrace/log/arena'
import { ApiKey } from '@millrace/protocol/apis'
import type { Encodable, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { encodeResponseFrame } from '@millrace/protocol/headers'
import type { SaslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import type { Writer } from '@millrace/protocol/primitives/writer'
import type { ApiHandler, ConnectionInfo, RequestContext, Respond } from './api-handler.ts'
import type { Frame } from './framer.ts'
import type { ConnectionRefusal } from './request-refusal.ts'
import type { SaslAuthentication } from './sasl/sasl-authentication.ts'

const NO_CHUNKS: readonly Buffer[] = []

/** The connection, as its requests and the server's own handlers know it. */
export interface RequestOwner extends ConnectionInfo {
  /** The peer has told what software it is (ApiVersions v3+). */
  identified(softwareName: string, softwareVersion: string): void
  /** null on listeners that demand none. */
  readonly authentication: SaslAuthentication | null
  authenticated(principal: string): void
  /** Kept for `why`; to be dropped by the caller. */
  refused(refusal: ConnectionRefusal): void
  dropAfterResponse(reason: string, delayMs: number): void
  answered(request: PendingRequest, response: unknown, release: (() => void) | null): void
  drop(reason: string): void
}

export class PendingRequest implements RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly connection: RequestOwner
  readonly held: Frame
  /** The frame is a token and nothing else, as clients before Kafka 1.0 send them (SaslHandshake version 0). */
  readonly bare: boolean
  clientId: string | null = null
  started = false
  answered = false
  /** Its connection was dropped before it was answered, and the frame is no longer held. */
  abandoned = false
  /** Response frame; empty when nothing is sent. */
  chunks: readonly Buffer[] = NO_CHUNKS
  release: (() => void) | null = null
  /** Version of the response; differs from the request's only where ApiVersions is refused. */
  responseVersion: number
  #handler: ApiHandler | null = null

  constructor(connection: RequestOwner, frame: Frame) {
    this.connection = connection
    this.held = frame
    this.bare = connection.authentication?.takesBareTokens === true
    this.apiKey = this.bare ? ApiKey.SaslAuthenticate : frame.bytes.readInt16BE(frame.start)
    this.apiVersion = this.bare ? 0 : frame.bytes.readInt16BE(frame.start + 2)
    this.correlationId = this.bare ? 0 : frame.bytes.readInt32BE(frame.start + 4)
    this.responseVersion = this.apiVersion
  }

  get frame(): FrameLease | null {
    return this.held.lease
  }

  get requestBytes(): Buffer {
    return this.held.bytes.subarray(this.held.start, this.held.end)
  }

  get bytesLength(): number {
    return this.held.end - this.held.start
  }

  get handler(): ApiHandler {
    invariant(this.#handler !== null, 'a request is answered by its handler', { apiKey: this.apiKey })
    return this.#handler
  }

  set handler(handler: ApiHandler) {
    this.#handler = handler
  }

  /** The response frame. Whoever sent a bare token gets one, or nothing where the login failed. */
  encode(response: unknown, writer: Writer): void {
    if (this.bare) this.chunks = bareToken(response as SaslAuthenticateResponse)
    else {
      const { response: definition } = this.handler
      const body = response as Encodable<ResponseDefinition>
      this.chunks = encodeResponseFrame(definition, this.responseVersion, this.correlationId, body, writer)
    }
  }

  closeConnection(reason: string): void {
    this.connection.drop(reason)
  }

  readonly respond: Respond<unknown> = (response, release = null) => {
    if (this.abandoned) return release?.()
    invariant(!this.answered, 'a request is answered once', { apiKey: this.apiKey, correlationId: this.correlationId })
    this.answered = true
    this.connection.answered(this, response, release)
  }
}

function bareToken({ errorCode, authBytes }: SaslAuthenticateResponse): Buffer[] {
  if (errorCode !== ErrorCode.NONE) return []
  const size = Buffer.alloc(4)
  size.writeInt32BE(authBytes.length)
  return [size, authBytes]
}
