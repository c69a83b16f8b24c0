/** The one look the broker takes into a member's metadata: which topics a consumer subscribes to (ConsumerProtocolSubscription, any version). */
import { Reader } from '@millrace/protocol/primitives/reader'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { decodeMessage } from '@millrace/protocol/codec'

/** Versions 1 to 3 only add fields behind these, which nobody reads here. */
const consumerProtocolSubscription = {
  kind: 'data',
  name: 'ConsumerProtocolSubscription',
  versions: '0+',
  flexibleVersions: 'none',
  fields: [{ name: 'topics', type: '[]string', about: 'The topics the member subscribes to.' }],
} as const

/** Subscribed topics; null when the bytes are no such subscription. */
export function readSubscription(metadata: Buffer): string[] | null {
  try {
    const reader = new Reader(metadata)
    const version = reader.int16()
    if (version < 0) return null
    return decodeMessage(consumerProtocolSubscription, 0, reader).topics
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
