import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { APIS } from './apis.ts'
import { decodeMessage, encodeMessage } from './codec.ts'
import { versionsOf, type MessageDefinition } from './definition.ts'
import { DecodeError } from './primitives/decode-error.ts'
import { EncodeError } from './primitives/encode-error.ts'
import { Reader } from './primitives/reader.ts'
import { Writer } from './primitives/writer.ts'
import {
  kraftVersionRecord,
  leaderChangeMessage,
  snapshotFooterRecord,
  snapshotHeaderRecord,
  transactionMarkerValue,
  votersRecord,
} from './records/control-records.ts'
import { arbitraryMessage, defaultOf } from './testing/arbitrary-message.ts'
import { fetchRequest, fetchResponse } from './messages/01-fetch.ts'
import { metadataRequest, metadataResponse } from './messages/03-metadata.ts'
import { consumerGroupHeartbeatResponse } from './messages/68-consumer-group-heartbeat.ts'

const DEFINITIONS: readonly MessageDefinition[] = [
  ...APIS.flatMap((api) => [api.request, api.response]),
  transactionMarkerValue,
  leaderChangeMessage,
  snapshotHeaderRecord,
  snapshotFooterRecord,
  kraftVersionRecord,
  votersRecord,
]

function encode(definition: MessageDefinition, version: number, value: object): Buffer {
  const writer = new Writer()
  encodeMessage(definition, version, value as never, writer)
  return writer.finishBuffer()
}

function decode(definition: MessageDefinition, version: number, bytes: Buffer): object {
  const reader = new Reader(bytes)
  const value = decodeMessage(definition, version, reader)
  reader.expectEnd()
  return value
}

function versions(definition: MessageDefinition): number[] {
  const { min, max } = versionsOf(definition)
  return Array.from({ length: max - min + 1 }, (_, index) => min + index)
}

describe('codec', () => {
  it.each(DEFINITIONS.map((definition) => [definition.name, definition] as const))(
    '%s decodes to what was encoded, in every version',
    (_, definition) => {
      for (const version of versions(definition)) {
        fc.assert(
          fc.property(arbitraryMessage(definition, version), (value) => {
            return isDeepStrictEqual(decode(definition, version, encode(definition, version, value)), value)
          }),
          { numRuns: 15 },
        )
      }
    },
  )

  it.each(DEFINITIONS.map((definition) => [definition.name, definition] as const))(
    '%s with bytes changed, cut or added throws nothing but DecodeError',
    (_, definition) => {
      for (const version of versions(definition)) {
        const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat({ max: 8 }) })
        fc.assert(
          fc.property(arbitraryMessage(definition, version), fc.array(change, { maxLength: 4 }), (value, changes) => {
            let bytes = Buffer.from(encode(definition, version, value))
            for (const { at, byte, cut } of changes) {
              if (bytes.length === 0) break
              bytes[at % bytes.length] = byte
              if (cut === 1) bytes = bytes.subarray(0, at % bytes.length)
            }
            try {
              decode(definition, version, bytes)
            } catch (error) {
              expect(error).toBeInstanceOf(DecodeError)
            }
          }),
          { numRuns: 15 },
        )
      }
    },
  )

  it('decodes random bytes or throws DecodeError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DEFINITIONS),
        fc.nat({ max: 20 }),
        fc.uint8Array({ maxLength: 200 }),
        (definition, pick, bytes) => {
          const all = versions(definition)
          try {
            decode(definition, all[pick % all.length] as number, Buffer.from(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it.each(DEFINITIONS.map((definition) => [definition.name, definition] as const))(
    '%s encodes an empty value as all defaults',
    (_, definition) => {
      const defaults = Object.fromEntries(definition.fields.map((field) => [field.name, defaultOf(field)]))
      for (const version of versions(definition)) {
        expect(decode(definition, version, encode(definition, version, {}))).toStrictEqual(defaults)
      }
    },
  )

  it('refuses an array count that the remaining bytes cannot hold, before allocating', () => {
    // Metadata v1: an array of topics, 2^31-1 of them in 4 bytes.
    expect(() => decode(metadataRequest, 1, Buffer.from('7fffffff', 'hex'))).toThrow(DecodeError)
    expect(() => decode(metadataRequest, 9, Buffer.from('ffffffff0f', 'hex'))).toThrow(DecodeError)
  })

  it('refuses a message of more array elements than any sound one has', () => {
    // Metadata v12 topics: uuid, null name, no tags: 18 bytes each. Partitions of 1-byte elements would be cheaper still.
    const count = 4_194_305
    const writer = new Writer()
    writer.compactArrayLength(count)
    const bytes = Buffer.concat([writer.finishBuffer(), Buffer.alloc(count * 18)])
    expect(() => decode(metadataRequest, 12, bytes)).toThrow(/array elements/)
  })

  it('counts array elements per message, not per reader', () => {
    const message = encode(metadataRequest, 0, { topics: Array.from({ length: 1_000 }, () => ({ name: '' })) })
    const reader = new Reader(message)
    for (let count = 0; count < 5_000; count++) {
      decodeMessage(metadataRequest, 0, reader)
      reader.position = 0
    }
    expect(decodeMessage(metadataRequest, 0, reader).topics).toHaveLength(1_000)
  })

  it('refuses null where the version has none', () => {
    expect(() => decode(metadataRequest, 0, Buffer.from('ffffffff', 'hex'))).toThrow(DecodeError)
    expect(decode(metadataRequest, 1, Buffer.from('ffffffff', 'hex'))).toMatchObject({ topics: null })
    expect(() => encode(metadataRequest, 0, { topics: null })).toThrow(EncodeError)
  })

  it('refuses tags out of order and a tag payload that is too long or too short', () => {
    const valid = encode(fetchRequest, 12, { clusterId: 'x', maxWaitMs: 0, minBytes: 0, topics: [] }).toString('hex')
    expect(valid.endsWith('01000202' + '78')).toBe(true)
    const withTags = (tags: string): Buffer => Buffer.from(valid.slice(0, -'0100020278'.length) + tags, 'hex')
    expect(decode(fetchRequest, 12, withTags('0100020278'))).toMatchObject({ clusterId: 'x' })
    expect(() => decode(fetchRequest, 12, withTags('020002027800020279'))).toThrow(/tag/)
    expect(() => decode(fetchRequest, 12, withTags('010003027800'))).toThrow(/tag/)
    expect(() => decode(fetchRequest, 12, withTags('01000102' + '78'))).toThrow(/tag/)
  })

  it('skips tags that it does not know', () => {
    const valid = encode(fetchRequest, 12, { maxWaitMs: 0, minBytes: 0, topics: [] })
    const unknown = Buffer.concat([valid.subarray(0, -1), Buffer.from('01630401020304', 'hex')])
    expect(decode(fetchRequest, 12, unknown)).toStrictEqual(decode(fetchRequest, 12, valid))
  })

  it('drops fields that an old response version lacks, and refuses them in requests', () => {
    const response = { errorCode: 29, brokers: [], topics: [], clusterId: 'c', throttleTimeMs: 5 }
    expect(decode(metadataResponse, 0, encode(metadataResponse, 0, response))).toMatchObject({ clusterId: null })
    expect(() => encode(metadataRequest, 3, { topics: [], allowAutoTopicCreation: false })).toThrow(EncodeError)
    expect(encode(metadataRequest, 3, { topics: [], allowAutoTopicCreation: true })).toHaveLength(4)
  })

  it('writes nullable structs with a presence byte', () => {
    const base = { memberEpoch: 1, heartbeatIntervalMs: 2, errorCode: 0, throttleTimeMs: 0 }
    const absent = encode(consumerGroupHeartbeatResponse, 0, base)
    expect(absent.subarray(-2).toString('hex')).toBe('ff00')
    const present = encode(consumerGroupHeartbeatResponse, 0, { ...base, assignment: { topicPartitions: [] } })
    expect(present.subarray(-4).toString('hex')).toBe('01010000')
    expect(decode(consumerGroupHeartbeatResponse, 0, present)).toMatchObject({ assignment: { topicPartitions: [] } })
  })

  it('hands records out as views and takes them in without copying', () => {
    const records = Buffer.alloc(10_000, 7)
    const partition = { partitionIndex: 3, errorCode: 0, highWatermark: 9, abortedTransactions: null }
    const writer = new Writer()
    const response = {
      responses: [
        { topic: 't', partitions: [{ ...partition, records: [records.subarray(0, 4_000), records.subarray(4_000)] }] },
      ],
    }
    encodeMessage(fetchResponse, 11, response, writer)
    const chunks = writer.finish()
    expect(chunks.filter((chunk) => chunk.buffer === records.buffer)).toHaveLength(2)
    const whole = Buffer.concat(chunks)
    const decoded = decodeMessage(fetchResponse, 11, new Reader(whole))
    const view = decoded.responses[0]?.partitions[0]?.records
    expect(view?.equals(records)).toBe(true)
    expect(view?.buffer).toBe(whole.buffer)
  })

  it('refuses a version that the definition does not have', () => {
    expect(() => encode(metadataRequest, 14, {})).toThrow(RangeError)
    expect(() => decode(metadataRequest, -1, Buffer.alloc(4))).toThrow(RangeError)
  })
})
