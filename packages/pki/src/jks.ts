/**
 * Java KeyStore files (JKS version 2) of trusted certificates: what every Java client since 2.0 of Kafka takes as
 * `ssl.truststore.location`. Format: java.security.KeyStore's "JKS" as sun.security.provider.JavaKeyStore reads it.
 */
import { createHash, X509Certificate } from 'node:crypto'

export interface TrustedCertificate {
  /** Lower case, unique in the store. */
  readonly alias: string
  readonly certificatePem: string
}

const MAGIC = 0xfeedfeed
const VERSION = 2
const TRUSTED_ENTRY = 2
/** Mixed into the digest by the format, for no reason it tells. */
const SALT = 'Mighty Aphrodite'

/** @param password guards the integrity of the file, not its content */
export function jksTrustStore(
  certificates: readonly TrustedCertificate[],
  password: string,
  createdMs: number,
): Buffer {
  const parts: Buffer[] = [int32(MAGIC), int32(VERSION), int32(certificates.length)]
  for (const { alias, certificatePem } of certificates) {
    const der = new X509Certificate(certificatePem).raw
    const created = Buffer.alloc(8)
    created.writeBigInt64BE(BigInt(createdMs))
    parts.push(int32(TRUSTED_ENTRY), text(alias), created, text('X.509'), int32(der.length), der)
  }
  const content = Buffer.concat(parts)
  const digest = createHash('sha1').update(utf16(password)).update(SALT, 'utf8').update(content).digest()
  return Buffer.concat([content, digest])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Java's modified UTF-8, which is UTF-8 for what aliases are made of. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function utf16(value: string): Buffer {
  return Buffer.from(value, 'utf16le').swap16()
}
