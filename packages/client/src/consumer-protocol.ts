/**
 * The bytes that members of group type "consumer" hand each other through the coordinator: subscription (metadata of
 * JoinGroup) and assignment (of SyncGroup). Version 0 of both is read by every client; later fields are skipped.
 * Source: Kafka's ConsumerProtocolSubscription and ConsumerProtocolAssignment.
 */
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'

export interface TopicAssignment {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new Writer()
  writer.int16(0)
  writer.arrayLength(topics.length)
  for (const topic of topics) writer.string(topic)
  writer.nullableBytes(null)
  return writer.finishBuffer()
}

/** Topics of a subscription. Throws DecodeError. */
export function decodeSubscription(bytes: Buffer): string[] {
  if (bytes.length === 0) return []
  const reader = new Reader(bytes)
  reader.int16()
  const topics: string[] = []
  for (let left = reader.arrayLength(2); left > 0; left--) topics.push(reader.string())
  return topics
}

export function encodeAssignment(assignment: readonly TopicAssignment[]): Buffer {
  const writer = new Writer()
  writer.int16(0)
  writer.arrayLength(assignment.length)
  for (const { topic, partitions } of assignment) {
    writer.string(topic)
    writer.arrayLength(partitions.length)
    for (const partition of partitions) writer.int32(partition)
  }
  writer.nullableBytes(null)
  return writer.finishBuffer()
}

/** Partitions of an assignment; none for empty bytes. Throws DecodeError. */
export function decodeAssignment(bytes: Buffer): TopicAssignment[] {
  if (bytes.length === 0) return []
  const reader = new Reader(bytes)
  reader.int16()
  const assignment: TopicAssignment[] = []
  for (let left = reader.arrayLength(6); left > 0; left--) {
    const topic = reader.string()
    const partitions: number[] = []
    for (let more = reader.arrayLength(4); more > 0; more--) partitions.push(reader.int32())
    assignment.push({ topic, partitions })
  }
  return assignment
}
