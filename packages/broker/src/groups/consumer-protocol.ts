/**
 * What classic consumers put into their metadata and assignments (ConsumerProtocolSubscription, ConsumerProtocolAssignment):
 * the broker looks into them to know the topics, and to let such members live in a consumer group (KIP-848). An int16
 * version, then a body that is never flexible; versions above 3 only add fields behind those known here.
 */
import { Reader } from '@millrace/protocol/primitives/reader'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Writer } from '@millrace/protocol/primitives/writer'
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import type { Decoded } from '@millrace/protocol/definition'

const VERSION_MAX = 3
const consumerProtocolSubscription = {
  kind: 'data',
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexibleVersions: 'none',
  fields: [
    { name: 'topics', type: '[]string', about: 'The topics the member subscribes to.' },
    { name: 'userData', type: 'bytes', nullableVersions: '0+', default: null },
    {
      name: 'ownedPartitions',
      type: '[]struct',
      versions: '1+',
      ignorable: true,
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'generationId', type: 'int32', versions: '2+', default: -1, ignorable: true },
    { name: 'rackId', type: 'string', versions: '3+', nullableVersions: '3+', default: null, ignorable: true },
  ],
} as const

const consumerProtocolAssignment = {
  kind: 'data',
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexibleVersions: 'none',
  fields: [
    {
      name: 'assignedPartitions',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    { name: 'userData', type: 'bytes', nullableVersions: '0+', default: null },
  ],
} as const

export type Subscription = Decoded<typeof consumerProtocolSubscription> & { readonly version: number }
export type Assignment = Decoded<typeof consumerProtocolAssignment>

/** Subscribed topics; null when the bytes are no such subscription. */
export function readSubscription(metadata: Buffer): string[] | null {
  return readWholeSubscription(metadata)?.topics ?? null
}

/** null when the bytes are no such subscription. */
export function readWholeSubscription(metadata: Buffer): Subscription | null {
  return read(metadata, (version, reader) => ({
    ...decodeMessage(consumerProtocolSubscription, version, reader),
    version,
  }))
}

/** null when the bytes are no such assignment. */
export function readAssignment(assignment: Buffer): Assignment | null {
  return read(assignment, (version, reader) => decodeMessage(consumerProtocolAssignment, version, reader))
}

export function writeAssignment(
  version: number,
  assignedPartitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Buffer {
  const writer = new Writer()
  const written = Math.min(version, VERSION_MAX)
  writer.int16(written)
  encodeMessage(consumerProtocolAssignment, written, { assignedPartitions, userData: null }, writer)
  return writer.finishBuffer()
}

function read<T>(bytes: Buffer, decode: (version: number, reader: Reader) => T): T | null {
  try {
    const reader = new Reader(bytes)
    const version = reader.int16()
    return version < 0 ? null : decode(Math.min(version, VERSION_MAX), reader)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
