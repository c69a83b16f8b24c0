/**
 * What Encrypt answers: format byte 1, key id (16 bytes), material id (32 bytes), then the plaintext sealed by that
 * material. The header and the encryption context are authenticated: a ciphertext opens under its own key, with the same
 * context, unchanged, or not at all. Clients treat it as opaque bytes.
 */
import { AwsError } from '@millrace/aws/errors'
import { openSealed, seal, SealBrokenError } from '../sealing/seal.ts'
import { byText } from '../pages.ts'
import type { EncryptionContext } from './keys.ts'

const FORMAT = 1
const KEY_ID_END = 17
const HEADER_BYTES = 49

export interface CiphertextHeader {
  readonly keyId: string
  readonly materialId: string
}

export function encryptUnder(
  header: CiphertextHeader,
  material: Uint8Array,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt8(FORMAT, 0)
  bytes.write(header.keyId.replaceAll('-', ''), 1, 'hex')
  bytes.write(header.materialId, KEY_ID_END, 'hex')
  return Buffer.concat([bytes, seal(material, plaintext, authenticated(bytes, context))])
}

/** Which key and material decrypt it; nothing is verified yet. Throws InvalidCiphertextException. */
export function readHeader(ciphertext: Uint8Array): CiphertextHeader {
  const bytes = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.byteLength)
  if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== FORMAT) throw invalidCiphertext()
  const hex = bytes.toString('hex', 1, KEY_ID_END)
  const keyId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  return { keyId, materialId: bytes.toString('hex', KEY_ID_END, HEADER_BYTES) }
}

/** Throws InvalidCiphertextException. */
export function decryptUnder(material: Uint8Array, ciphertext: Uint8Array, context: EncryptionContext): Buffer {
  const header = ciphertext.subarray(0, HEADER_BYTES)
  try {
    return openSealed(material, ciphertext.subarray(HEADER_BYTES), authenticated(header, context))
  } catch (error) {
    if (error instanceof SealBrokenError) throw invalidCiphertext(error)
    throw error
  }
}

export function invalidCiphertext(cause?: unknown): AwsError {
  return new AwsError('InvalidCiphertextException', {
    message:
      'The ciphertext is not one of AWS KMS, was changed, or the encryption context is not the one it was encrypted with.',
    cause,
  })
}

/** The order of the pairs does not matter. */
function authenticated(header: Uint8Array, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).toSorted(([a], [b]) => byText(a, b))
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))])
}
