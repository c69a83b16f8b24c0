/**
 * Fatal alerts of TLS 1.3, sealed by ourselves. Node finishes every handshake and tells afterwards what is wrong with the
 * client's certificate: OpenSSL sends no alert then, and the client sees a connection that ends for no reason, which Kafka's
 * clients take for a broken network and try again for ever. With the secret of the server's side, which Node tells for the key
 * log, the record that a client understands can be made. Source: RFC 8446 §5.2, §6.2, §7.3.
 */
import { createCipheriv, createHmac, type CipherGCMTypes } from 'node:crypto'

/** RFC 8446 §6. */
export const alertDescriptions = {
  badCertificate: 42,
  unsupportedCertificate: 43,
  certificateRevoked: 44,
  certificateExpired: 45,
  unknownCa: 48,
  certificateRequired: 116,
} as const

export type AlertDescription = (typeof alertDescriptions)[keyof typeof alertDescriptions]

interface CipherSuite {
  readonly hash: 'sha256' | 'sha384'
  readonly cipher: CipherGCMTypes | 'chacha20-poly1305'
  readonly keyBytes: number
}

const cipherSuites: Readonly<Record<string, CipherSuite>> = {
  TLS_AES_128_GCM_SHA256: { hash: 'sha256', cipher: 'aes-128-gcm', keyBytes: 16 },
  TLS_AES_256_GCM_SHA384: { hash: 'sha384', cipher: 'aes-256-gcm', keyBytes: 32 },
  TLS_CHACHA20_POLY1305_SHA256: { hash: 'sha256', cipher: 'chacha20-poly1305', keyBytes: 32 },
}
const IV_BYTES = 12
const TAG_BYTES = 16
const FATAL = 2
const ALERT = 21
const APPLICATION_DATA = 23

/**
 * The record to write to the socket; null for a cipher suite that is not known here.
 * @param secret SERVER_TRAFFIC_SECRET_0 of the key log
 * @param sequence how many records the server has sent under it
 */
export function fatalAlert(options: {
  readonly secret: Uint8Array
  readonly cipherSuite: string
  readonly sequence: number
  readonly description: AlertDescription
}): Buffer | null {
  const suite = cipherSuites[options.cipherSuite]
  if (suite === undefined) return null
  const key = expandLabel(suite.hash, options.secret, 'key', suite.keyBytes)
  const nonce = expandLabel(suite.hash, options.secret, 'iv', IV_BYTES)
  nonce.writeUInt32BE((nonce.readUInt32BE(IV_BYTES - 4) ^ options.sequence) >>> 0, IV_BYTES - 4)
  const plaintext = Buffer.of(FATAL, options.description, ALERT)
  const header = Buffer.of(APPLICATION_DATA, 3, 3, 0, plaintext.length + TAG_BYTES)
  const cipher = createCipheriv(suite.cipher as CipherGCMTypes, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(header)
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** HKDF-Expand-Label with an empty context; `length` is at most that of the hash. */
function expandLabel(hash: string, secret: Uint8Array, label: string, length: number): Buffer {
  const full = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([Buffer.of(0, length, full.length), full, Buffer.of(0, 1)])
  return createHmac(hash, secret).update(info).digest().subarray(0, length)
}
