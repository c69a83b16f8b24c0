/** What a peer speaks whose first bytes are no Kafka request: an answer to "why does nothing come back?". */
import type { RequestRefusal } from './request-refusal.ts'

const TLS_ON_PLAINTEXT = 'the peer speaks TLS to a plaintext listener'
const HTTP_METHODS = new Set(['GET ', 'POST', 'PUT ', 'HEAD', 'OPTI', 'DELE', 'PATC', 'PRI ', 'CONN'])

/** @param head four bytes or more, as they came; they name a size outside `bytesMin` to `bytesMax` */
export function unframeable(head: Buffer, bytesMin: number, bytesMax: number): RequestRefusal {
  if (isTlsRecord(head)) {
    return {
      reason: `${TLS_ON_PLAINTEXT}: set security.protocol=PLAINTEXT, or use the TLS port`,
      refusal: {
        kind: 'tls-to-plaintext',
        reason: 'The client speaks TLS to a plaintext port.',
        remedy: 'Set security.protocol=PLAINTEXT, or use a TLS port of the cluster.',
      },
    }
  }
  const word = head.toString('latin1', 0, 4)
  if (HTTP_METHODS.has(word)) {
    const reason = 'The peer speaks HTTP to a Kafka port.'
    return { reason, refusal: { kind: 'not-kafka', reason, remedy: 'The AWS API is on another port.' } }
  }
  const size = head.readInt32BE(0)
  const reason = `frame size ${size} is outside ${bytesMin} to ${bytesMax} bytes`
  return { reason, refusal: { kind: 'not-kafka', reason: `No Kafka request: ${reason}.`, remedy: null } }
}

/** The first bytes of a ClientHello: a handshake record of TLS 1.0 (RFC 8446 §5.1), which as a size would be 369 MB. */
function isTlsRecord(head: Buffer): boolean {
  return head[0] === 0x16 && head[1] === 0x03
}
