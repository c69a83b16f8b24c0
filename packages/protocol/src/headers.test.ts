import { describe, expect, it } from 'vitest'
import { decodeRequestHeader, decodeResponseHeader, encodeRequestFrame, encodeResponseFrame } from './headers.ts'
import { apiVersionsRequest, apiVersionsResponse } from './messages/18-api-versions.ts'
import { fetchResponse } from './messages/01-fetch.ts'
import { controlledShutdownRequest } from './messages/07-controlled-shutdown.ts'
import { heartbeatRequest, heartbeatResponse } from './messages/12-heartbeat.ts'
import { saslHandshakeRequest } from './messages/17-sasl-handshake.ts'
import { Reader } from './primitives/reader.ts'
import { Writer } from './primitives/writer.ts'
import { decodeMessage } from './codec.ts'

const HEARTBEAT = { groupId: 'g', generationId: 1, memberId: 'm' }

describe('request headers', () => {
  it('have a tag section in flexible versions, and a classic client id always', () => {
    const classic = Buffer.concat(
      encodeRequestFrame(heartbeatRequest, 3, { correlationId: 5, clientId: 'c' }, HEARTBEAT),
    )
    expect(classic.toString('hex')).toBe(
      '00000017' + '000c0003000000050001' + '63' + '000167' + '00000001' + '00016d' + 'ffff',
    )
    const flexible = Buffer.concat(
      encodeRequestFrame(heartbeatRequest, 4, { correlationId: 5, clientId: 'c' }, HEARTBEAT),
    )
    expect(flexible.toString('hex')).toBe(
      '00000016' + '000c0004000000050001' + '63' + '00' + '0267' + '00000001' + '026d' + '00' + '00',
    )
    for (const frame of [classic, flexible]) {
      const reader = new Reader(frame, 4)
      const header = decodeRequestHeader(reader)
      expect(header).toEqual({ apiKey: 12, apiVersion: frame === classic ? 3 : 4, correlationId: 5, clientId: 'c' })
      expect(decodeMessage(heartbeatRequest, header.apiVersion, reader)).toMatchObject(HEARTBEAT)
      reader.expectEnd()
    }
  })

  it('have no client id in ControlledShutdown version 0', () => {
    const frame = Buffer.concat(
      encodeRequestFrame(controlledShutdownRequest, 0, { correlationId: 1, clientId: 'dropped' }, { brokerId: 9 }),
    )
    expect(frame.toString('hex')).toBe('0000000c' + '0007000000000001' + '00000009')
    expect(decodeRequestHeader(new Reader(frame, 4)).clientId).toBeNull()
  })

  it('carry a null client id', () => {
    const frame = Buffer.concat(
      encodeRequestFrame(saslHandshakeRequest, 1, { correlationId: 1, clientId: null }, { mechanism: 'X' }),
    )
    expect(decodeRequestHeader(new Reader(frame, 4)).clientId).toBeNull()
  })

  it('of an API that is not known are read up to the client id', () => {
    const header = Buffer.from('7fff' + '0000' + '00000002' + '0001' + '61', 'hex')
    expect(decodeRequestHeader(new Reader(header))).toEqual({
      apiKey: 32_767,
      apiVersion: 0,
      correlationId: 2,
      clientId: 'a',
    })
  })
})

describe('response headers', () => {
  it('have a tag section in flexible versions', () => {
    const frame = Buffer.concat(encodeResponseFrame(heartbeatResponse, 4, 7, { throttleTimeMs: 0, errorCode: 27 }))
    expect(frame.toString('hex')).toBe('0000000c' + '00000007' + '00' + '00000000' + '001b' + '00')
    const reader = new Reader(frame, 4)
    expect(decodeResponseHeader(heartbeatResponse, 4, reader)).toBe(7)
    expect(decodeMessage(heartbeatResponse, 4, reader)).toEqual({ throttleTimeMs: 0, errorCode: 27 })
  })

  it('of ApiVersions never have one', () => {
    const frame = Buffer.concat(encodeResponseFrame(apiVersionsResponse, 3, 7, { errorCode: 0, apiKeys: [] }))
    expect(frame.toString('hex')).toBe('0000000c' + '00000007' + '0000' + '01' + '00000000' + '00')
    const request = Buffer.concat(
      encodeRequestFrame(apiVersionsRequest, 3, { correlationId: 1, clientId: null }, { clientSoftwareName: 'a' }),
    )
    expect(request.subarray(12).toString('hex')).toBe('ffff' + '00' + '0261' + '01' + '00')
  })

  it('stand before responses of several chunks, with the size of them all', () => {
    const writer = new Writer()
    const records = Buffer.alloc(5_000)
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 0, abortedTransactions: null, records }
    const frames = [1, 2].map((correlationId) =>
      encodeResponseFrame(
        fetchResponse,
        4,
        correlationId,
        { responses: [{ topic: 't', partitions: [partition, partition] }] },
        writer,
      ),
    )
    for (const [index, frame] of frames.entries()) {
      expect(frame.length).toBeGreaterThan(2)
      const bytes = Buffer.concat(frame)
      expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
      expect(bytes.readInt32BE(4)).toBe(index + 1)
    }
  })
})
