/** Keys that sign certificates, and how they sign: what authorities may have. Private keys are PKCS #8, DER. */
import { webcrypto } from 'node:crypto'

export type KeyAlgorithm = 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'EC_prime256v1' | 'EC_secp384r1' | 'EC_secp521r1'

export type SigningAlgorithm = `SHA${256 | 384 | 512}WITH${'RSA' | 'ECDSA'}`

const keyAlgorithms: Readonly<Record<KeyAlgorithm, { readonly rsaBits: number } | { readonly curve: string }>> = {
  RSA_2048: { rsaBits: 2048 },
  RSA_3072: { rsaBits: 3072 },
  RSA_4096: { rsaBits: 4096 },
  EC_prime256v1: { curve: 'P-256' },
  EC_secp384r1: { curve: 'P-384' },
  EC_secp521r1: { curve: 'P-521' },
}
const PUBLIC_EXPONENT = Uint8Array.of(1, 0, 1)

export function isKeyAlgorithm(name: string): name is KeyAlgorithm {
  return Object.hasOwn(keyAlgorithms, name)
}

export function isSigningAlgorithm(name: string): name is SigningAlgorithm {
  return /^SHA(256|384|512)WITH(RSA|ECDSA)$/.test(name)
}

/** A key of one family cannot sign as the other. */
export function canSign(key: KeyAlgorithm, signing: SigningAlgorithm): boolean {
  return 'rsaBits' in keyAlgorithms[key] === signing.endsWith('RSA')
}

export async function generateSigningKeys(
  key: KeyAlgorithm,
  signing: SigningAlgorithm,
): Promise<{ readonly keys: webcrypto.CryptoKeyPair; readonly privateKey: Buffer }> {
  const keys = await webcrypto.subtle.generateKey(webAlgorithm(key, signing), true, ['sign', 'verify'])
  return { keys, privateKey: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)) }
}

export function importSigningKey(
  privateKey: Uint8Array,
  key: KeyAlgorithm,
  signing: SigningAlgorithm,
): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', privateKey, webAlgorithm(key, signing), false, ['sign'])
}

/** What a signature is made by. */
export function signatureParameters(signing: SigningAlgorithm): { readonly name: string; readonly hash: string } {
  return { name: signing.endsWith('WITHRSA') ? 'RSASSA-PKCS1-v1_5' : 'ECDSA', hash: hashOf(signing) }
}

function webAlgorithm(
  key: KeyAlgorithm,
  signing: SigningAlgorithm,
): webcrypto.RsaHashedKeyGenParams & webcrypto.EcKeyGenParams {
  const kind = keyAlgorithms[key]
  const algorithm =
    'rsaBits' in kind
      ? {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: kind.rsaBits,
          publicExponent: PUBLIC_EXPONENT,
          hash: hashOf(signing),
        }
      : { name: 'ECDSA', namedCurve: kind.curve }
  return algorithm as webcrypto.RsaHashedKeyGenParams & webcrypto.EcKeyGenParams
}

function hashOf(signing: SigningAlgorithm): string {
  return signing.replace(/^SHA(\d+)WITH.*$/, 'SHA-$1')
}
