/** Why a TLS handshake failed, in words that tell the operator what the peer did and what to change. */
import type { ConnectionRefusal } from './request-refusal.ts'

interface Cause {
  readonly pattern: RegExp
  readonly kind: ConnectionRefusal['kind']
  readonly sentence: string
  readonly remedy: string | null
}

const CLIENT_CERTIFICATE =
  'Issue the client a certificate by a private CA of the cluster (aws acm-pca issue-certificate).'
const causes: readonly Cause[] = [
  {
    pattern: /WRONG_VERSION_NUMBER|HTTP_REQUEST/,
    kind: 'plaintext-to-tls',
    sentence: 'the peer speaks plaintext to a TLS listener',
    remedy: 'set security.protocol=SSL (SASL_SSL with a login), or use the plaintext port',
  },
  {
    pattern: /PEER_DID_NOT_RETURN_A_CERTIFICATE/,
    kind: 'client-certificate',
    sentence: 'the client shows no certificate, and this port demands one',
    remedy: CLIENT_CERTIFICATE,
  },
  {
    pattern: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    kind: 'client-certificate',
    sentence: "the client's certificate is past its time, or not yet good",
    remedy: CLIENT_CERTIFICATE,
  },
  {
    pattern: /CERT_REVOKED/,
    kind: 'client-certificate',
    sentence: "the client's certificate has been revoked",
    remedy: CLIENT_CERTIFICATE,
  },
  {
    pattern: /UNABLE_TO_|SELF_SIGNED|CERTIFICATE_VERIFY_FAILED|INVALID_PURPOSE|DEPTH_ZERO/,
    kind: 'client-certificate',
    sentence: "the client's certificate is of an authority that this cluster does not trust",
    remedy: CLIENT_CERTIFICATE,
  },
  {
    pattern: /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    kind: 'tls-handshake',
    sentence: 'the peer offers no TLS version from 1.2 on',
    remedy: 'let the client speak TLS 1.2 or 1.3 (ssl.enabled.protocols)',
  },
  {
    pattern: /NO_SHARED_CIPHER|NO_SHARED_GROUP/,
    kind: 'tls-handshake',
    sentence: 'the peer offers no cipher that is accepted here',
    remedy: 'leave ssl.cipher.suites of the client unset',
  },
  {
    pattern: /ALERT_UNKNOWN_CA|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE|UNKNOWN_CA/,
    kind: 'tls-handshake',
    sentence: "the peer does not trust this broker's certificate",
    remedy: 'give it the authority of `millrace ca`',
  },
  {
    pattern: /HANDSHAKE_TIMEOUT/,
    kind: 'tls-handshake',
    sentence: 'the peer did not finish the TLS handshake in time',
    remedy: null,
  },
  {
    pattern: /ECONNRESET|EPIPE/,
    kind: 'tls-handshake',
    sentence: 'the peer left during the TLS handshake',
    remedy:
      'most often it does not trust the certificate, or the name it connects by is not in it: `millrace doctor` tells',
  },
]

/** For the log. @param error as `node:tls` reports it, with OpenSSL's name in `code` */
export function handshakeFailure(error: Error): string {
  const code = codeOf(error)
  const known = causeOf(error)
  const remedy = known?.remedy === undefined || known.remedy === null ? '' : `: ${known.remedy}`
  return `TLS handshake failed: ${known === undefined ? error.message : `${known.sentence}${remedy}`}${code === '' ? '' : ` (${code})`}`
}

/** The same for `why`. */
export function handshakeRefusal(error: Error): ConnectionRefusal {
  const known = causeOf(error)
  const code = codeOf(error)
  if (known === undefined) return { kind: 'tls-handshake', reason: `The TLS handshake failed: ${error.message}.` }
  return {
    kind: known.kind,
    reason: `${sentence(known.sentence)}${code === '' ? '' : ` (${code})`}.`,
    remedy: known.remedy === null ? null : `${sentence(known.remedy)}.`.replace(/\.\.$/, '.'),
  }
}

/** Of a client that was in when its certificate was revoked. */
export const revokedCertificate: ConnectionRefusal = {
  kind: 'client-certificate',
  reason: "The client's certificate has been revoked.",
  remedy: CLIENT_CERTIFICATE,
}

function causeOf(error: Error): Cause | undefined {
  const code = codeOf(error)
  return causes.find(({ pattern }) => pattern.test(code))
}

function codeOf(error: Error): string {
  return (error as { readonly code?: string }).code ?? ''
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
