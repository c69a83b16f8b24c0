/**
 * Kafka's uuid: 16 bytes on the wire, in text 22 characters of URL-safe base64 without padding (KIP-516).
 * Inside Millrace a uuid is its text: comparable with ===, usable as a Map key, printable.
 */
import type { Random } from './host.ts'

export type Uuid = string

/** Absent. */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'
/** The topic id of `__cluster_metadata`. */
export const METADATA_TOPIC_ID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** A random uuid; never a reserved one (high 64 bits zero), and never one whose text starts with '-' (tools take that for an option). */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = Buffer.from(random.bytes(16))
    if (bytes.readBigUInt64BE(0) === 0n) continue
    const text = bytes.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}

/** The uuid whose 16 bytes start at `offset`. */
export function uuidFromBytes(bytes: Uint8Array, offset = 0): Uuid {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, 16).toString('base64url')
}

/** Writes the 16 bytes of `uuid` to `target` at `offset`. */
export function writeUuid(uuid: Uuid, target: Uint8Array, offset: number): void {
  Buffer.from(target.buffer, target.byteOffset + offset, 16).write(uuid, 'base64url')
}

/** True for text that is a well-formed uuid: 22 characters that decode to 16 bytes. */
export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)
}
