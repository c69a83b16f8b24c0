/**
 * Envelope (KIP-590): a client's request as its broker received it, header included; the broker has authorised it. The
 * answer is the whole response, header included, for the broker to pass on.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import { decodeMessage } from '@millrace/protocol/codec'
import { versionsOf } from '@millrace/protocol/definition'
import type { ResponseDefinition } from '@millrace/protocol/definition'
import { decodeRequestHeader, encodeResponseFrame } from '@millrace/protocol/headers'
import { envelopeRequest, envelopeResponse } from '@millrace/protocol/messages/58-envelope'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { handler } from './handler-context.ts'

const FRAME_SIZE_BYTES = 4

/** @param forwarded the handlers that may be reached in an envelope, by API key */
export function envelopeHandler(forwarded: ReadonlyMap<number, ApiHandler>): ApiHandler {
  return handler(envelopeRequest, envelopeResponse, (context, { requestData }, respond) => {
    const reader = new Reader(requestData)
    let header
    let target: ApiHandler | undefined
    let body
    try {
      header = decodeRequestHeader(reader)
      target = forwarded.get(header.apiKey)
      const range = target === undefined ? { min: 0, max: -1 } : versionsOf(target.request)
      if (target === undefined || header.apiVersion < range.min || header.apiVersion > range.max) {
        return respond({ responseData: null, errorCode: ErrorCode.UNSUPPORTED_VERSION })
      }
      body = decodeMessage(target.request, header.apiVersion, reader)
      reader.expectEnd()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return respond({ responseData: null, errorCode: ErrorCode.INVALID_REQUEST })
    }
    const { apiKey, apiVersion, correlationId, clientId } = header
    const inner = { apiKey, apiVersion, correlationId, clientId, connection: context.connection, requestBytes: requestData, frame: null }
    const definition = target.response as ResponseDefinition
    const closeConnection = (reason: string): void => context.closeConnection(reason)
    target.handle({ ...inner, closeConnection }, body, (response) => {
      const frame = encodeResponseFrame(definition, apiVersion, correlationId, response as never)
      respond({ responseData: Buffer.concat(frame).subarray(FRAME_SIZE_BYTES), errorCode: ErrorCode.NONE })
    })
  })
}
