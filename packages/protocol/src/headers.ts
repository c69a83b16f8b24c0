/**
 * Frames and headers around message bodies. A frame is a 4-byte size and that many bytes. Request headers have clientId
 * always as a classic string; flexible versions add a tag section (header v2), as do their response headers (v1), with
 * two exceptions: ControlledShutdown v0 has no clientId, and the ApiVersions response has header v0 in every version,
 * since the client cannot yet know what the server speaks (KIP-511).
 */
import { encodeMessage } from './codec.ts'
import { isFlexible, type Encodable, type RequestDefinition, type ResponseDefinition } from './definition.ts'
import { apiByKey } from './apis.ts'
import type { Reader } from './primitives/reader.ts'
import { Writer } from './primitives/writer.ts'

const CONTROLLED_SHUTDOWN = 7
const API_VERSIONS = 18

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/**
 * Reads a request header (the size in front already taken off); the reader is then at the body. For an API key or
 * version that is not known nothing can tell whether a tag section follows: the header up to clientId is returned, and
 * the reader must not be used further, except for ApiVersions, whose answer needs no body.
 */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  if (apiKey === CONTROLLED_SHUTDOWN && apiVersion === 0) return { apiKey, apiVersion, correlationId, clientId: null }
  const clientId = reader.nullableString()
  const api = apiByKey(apiKey)
  if (api !== undefined && isFlexible(api.request, apiVersion)) reader.skipTaggedFields()
  return { apiKey, apiVersion, correlationId, clientId }
}

/** A whole request frame, its size in front. `writer` may be a long-lived one: it is empty before and after. */
export function encodeRequestFrame<const D extends RequestDefinition>(
  definition: D,
  version: number,
  header: { readonly correlationId: number; readonly clientId: string | null },
  body: Encodable<D>,
  writer: Writer = new Writer(),
): Buffer[] {
  writer.reset()
  writer.int32(0)
  writer.int16(definition.apiKey)
  writer.int16(version)
  writer.int32(header.correlationId)
  if (definition.apiKey !== CONTROLLED_SHUTDOWN || version > 0) writer.nullableString(header.clientId)
  if (isFlexible(definition, version)) writer.uvarint(0)
  encodeMessage(definition, version, body, writer)
  return writer.finishFrame()
}

/** A whole response frame, its size in front. `writer` may be a long-lived one: it is empty before and after. */
export function encodeResponseFrame<const D extends ResponseDefinition>(
  definition: D,
  version: number,
  correlationId: number,
  body: Encodable<D>,
  writer: Writer = new Writer(),
): Buffer[] {
  writer.reset()
  writer.int32(0)
  writer.int32(correlationId)
  if (hasFlexibleHeader(definition, version)) writer.uvarint(0)
  encodeMessage(definition, version, body, writer)
  return writer.finishFrame()
}

/** Reads a response header (the size in front already taken off); returns its correlation id, the reader is at the body. */
export function decodeResponseHeader(definition: ResponseDefinition, version: number, reader: Reader): number {
  const correlationId = reader.int32()
  if (hasFlexibleHeader(definition, version)) reader.skipTaggedFields()
  return correlationId
}

function hasFlexibleHeader(definition: ResponseDefinition, version: number): boolean {
  return definition.apiKey !== API_VERSIONS && isFlexible(definition, version)
}
