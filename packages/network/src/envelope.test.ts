import { ErrorCode } from '@millrace/protocol/errors'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import type { EnvelopeRequest, EnvelopeResponseInput } from '@millrace/protocol/messages/58-envelope'
import { describe, expect, it } from 'vitest'
import type { ApiHandler, RequestContext } from './api-handler.ts'
import { addressBytes, addressOf, envelopeHandler } from './envelope.ts'
import { decodePrincipal, encodePrincipal } from './principal-data.ts'

const metadata: ApiHandler = {
  request: metadataRequest,
  response: metadataResponse,
  handle: (_context, _request, respond) => respond({ brokers: [], topics: [] }),
}

function open(version: number, change: Partial<EnvelopeRequest> = {}): EnvelopeResponseInput {
  const envelope = envelopeHandler({ handlers: new Map([[3, metadata]]), versionRange: () => ({ min: 1, max: 9 }) })
  const requestData = Buffer.concat(
    encodeRequestFrame(metadataRequest, version, { correlationId: 5, clientId: null }, { topics: [] }),
  ).subarray(4)
  const request = {
    requestData,
    requestPrincipal: encodePrincipal('User:alice'),
    clientHostAddress: addressBytes('10.0.0.1'),
    ...change,
  }
  const answers: EnvelopeResponseInput[] = []
  const carrier = { connection: {} } as unknown as RequestContext
  envelope.handle(carrier, request, (answer) => {
    if (answer !== null) answers.push(answer)
  })
  const [answer] = answers
  if (answer === undefined) throw new Error('not answered')
  return answer
}

describe('Envelope', () => {
  it('answers with header and body of the inner response', () => {
    const answer = open(1)
    expect(answer.errorCode).toBe(0)
    expect(Buffer.from(answer.responseData as Uint8Array).readInt32BE(0)).toBe(5)
  })

  it('refuses versions that are not served and APIs that may not be forwarded', () => {
    expect(open(10).errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    const other = Buffer.concat(
      encodeRequestFrame(metadataRequest, 1, { correlationId: 5, clientId: null }, { topics: [] }),
    ).subarray(4)
    other.writeInt16BE(2, 0)
    expect(open(1, { requestData: other }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  it('refuses a request that cannot be read without losing the connection, and reads past bytes behind one', () => {
    const sound = Buffer.concat(
      encodeRequestFrame(metadataRequest, 1, { correlationId: 5, clientId: null }, { topics: [] }),
    ).subarray(4)
    expect(open(1, { requestData: sound.subarray(0, sound.length - 1) }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    expect(open(1, { requestData: Buffer.concat([sound, Buffer.alloc(1)]) }).errorCode).toBe(ErrorCode.NONE)
    expect(open(1, { requestData: Buffer.alloc(0) }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  it('refuses a principal that cannot be read', () => {
    expect(open(1, { requestPrincipal: Buffer.from([9]) }).errorCode).toBe(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE)
    expect(open(1, { requestPrincipal: null }).errorCode).toBe(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE)
  })

  it('carries principals with colons', () => {
    for (const principal of ['User:ANONYMOUS', 'User:CN=a,OU=b:c', 'User:'])
      expect(decodePrincipal(encodePrincipal(principal))).toBe(principal)
    expect(encodePrincipal('User:a').toString('hex')).toBe('00000555736572026100' + '00')
  })

  it.each([
    ['127.0.0.1', '7f000001', '127.0.0.1'],
    ['::1', '00000000000000000000000000000001', '0:0:0:0:0:0:0:1'],
    ['fe80::1:2%eth0', 'fe800000000000000000000000010002', 'fe80:0:0:0:0:0:1:2'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
    ['nonsense', '', ''],
  ])('writes the address %s as its bytes', (text, hex, back) => {
    expect(addressBytes(text).toString('hex')).toBe(hex)
    expect(addressOf(addressBytes(text))).toBe(back)
  })
})
