/**
 * Envelope (58, KIP-590), the receiving side: a broker forwards a client's request together with who asked and from
 * where; handlers answer it as if the client had asked here. The request inside is a view of the envelope's bytes, and is
 * decoded as strictly as one from a socket.
 */
import { InvariantError } from '@millrace/base/invariant'
import { decodeMessage } from '@millrace/protocol/codec'
import type { Encodable, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { decodeRequestHeader, encodeResponseFrame, type RequestHeader } from '@millrace/protocol/headers'
import {
  envelopeRequest,
  envelopeResponse,
  type EnvelopeRequest,
  type EnvelopeResponseInput,
} from '@millrace/protocol/messages/58-envelope'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import type { ApiHandler, ConnectionInfo, HandlerMap, RequestContext, Respond, VersionRange } from './api-handler.ts'
import { decodePrincipal } from './principal-data.ts'

const SIZE_BYTES = 4

export interface EnvelopeOptions {
  /** What may be reached in an envelope: the admin APIs of clients, no inter-broker API. */
  readonly handlers: HandlerMap
  readonly versionRange: (apiKey: number) => VersionRange | null
}

export function envelopeHandler(options: EnvelopeOptions): ApiHandler<EnvelopeRequest, EnvelopeResponseInput> {
  return {
    request: envelopeRequest,
    response: envelopeResponse,
    internalOnly: true,
    handle(context, request, respond) {
      const principal = principalOf(request)
      if (principal === null) return respond({ errorCode: ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE })
      const opened = openEnvelope(options, request.requestData)
      if ('errorCode' in opened) return respond(opened)
      const { handler, header, body } = opened
      const inner: RequestContext = {
        ...header,
        connection: forwardedConnection(context.connection, principal, addressOf(request.clientHostAddress)),
        requestBytes: request.requestData,
        frame: null,
        closeConnection: (reason) => context.closeConnection(reason),
      }
      handler.handle(inner, body, respondInside(inner, handler, respond))
    },
  }
}

interface OpenedEnvelope {
  readonly handler: ApiHandler
  readonly header: RequestHeader
  readonly body: unknown
}

/** A request that cannot be read fails alone: the broker's connection carries those of other clients. */
function openEnvelope(
  { handlers, versionRange }: EnvelopeOptions,
  requestData: Buffer,
): OpenedEnvelope | { readonly errorCode: number } {
  const reader = new Reader(requestData)
  try {
    const header = decodeRequestHeader(reader)
    const handler = handlers.get(header.apiKey)
    const range = versionRange(header.apiKey)
    if (handler === undefined) return { errorCode: ErrorCode.INVALID_REQUEST }
    if (range === null || header.apiVersion < range.min || header.apiVersion > range.max) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    }
    // A client's own bytes: what follows them is read past, as when it asks the broker itself.
    const body = decodeMessage(handler.request, header.apiVersion, reader)
    return { handler, header, body }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { errorCode: ErrorCode.INVALID_REQUEST }
  }
}

function respondInside(
  inner: RequestContext,
  handler: ApiHandler,
  respond: Respond<EnvelopeResponseInput>,
): Respond<unknown> {
  return (response, release = null) => {
    if (response === null) return respond({ errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }, release)
    let chunks: Buffer[]
    try {
      const body = response as Encodable<ResponseDefinition>
      chunks = encodeResponseFrame(handler.response, inner.apiVersion, inner.correlationId, body)
    } catch (error) {
      if (error instanceof InvariantError) throw error
      return respond({ errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }, release)
    }
    respond({ responseData: Buffer.concat(chunks).subarray(SIZE_BYTES), errorCode: ErrorCode.NONE }, release)
  }
}

function principalOf(request: EnvelopeRequest): string | null {
  if (request.requestPrincipal === null) return null
  try {
    return decodePrincipal(request.requestPrincipal)
  } catch {
    return null
  }
}

/** The client behind the broker: its own principal and address, the broker's connection otherwise. */
function forwardedConnection(carrier: ConnectionInfo, principal: string, remoteAddress: string): ConnectionInfo {
  return {
    id: carrier.id,
    listenerName: carrier.listenerName,
    internal: carrier.internal,
    principal,
    remoteAddress,
    remotePort: 0,
    localAddress: carrier.localAddress,
    localPort: carrier.localPort,
    clientSoftwareName: '',
    clientSoftwareVersion: '',
    quota: null,
    onClose: (listener) => carrier.onClose(listener),
  }
}

/** Raw address bytes, as Java's InetAddress.getAddress gives them, to text. */
export function addressOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return ''
  const groups: string[] = []
  for (let at = 0; at < 16; at += 2) groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16))
  return groups.join(':')
}

/** The raw bytes of a textual IPv4 or IPv6 address; empty when it is neither. */
export function addressBytes(text: string): Buffer {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (v4 !== null) return Buffer.from(v4.slice(1).map(Number))
  const [head = '', tail] = (text.split('%')[0] ?? '').split('::')
  const groupsOf = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const first = groupsOf(head)
  const last = groupsOf(tail ?? '')
  const groups =
    tail === undefined ? first : [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last]
  if (groups.length !== 8 || groups.some(Number.isNaN)) return Buffer.alloc(0)
  const bytes = Buffer.alloc(16)
  groups.forEach((group, index) => bytes.writeUInt16BE(group & 0xffff, index * 2))
  return bytes
}
