/**
 * AES-256-GCM, the one way in which anything is sealed here. A sealed value is IV (12 bytes), tag (16), ciphertext; the IV is
 * fresh and random for every seal. What the value is about (which secret, which key, which context) is authenticated with
 * it, so a sealed value moved to another place does not open. Source: NIST SP 800-38D.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** The value was changed, belongs elsewhere, or was sealed by another key: which of them cannot be known. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError'
}

export function seal(key: Uint8Array, plaintext: Uint8Array, about: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(about)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext])
}

/** @throws SealBrokenError */
export function openSealed(key: Uint8Array, sealed: Uint8Array, about: Uint8Array): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new SealBrokenError('the sealed value is too short')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(about).setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SealBrokenError('the sealed value does not open', { cause })
  }
}
