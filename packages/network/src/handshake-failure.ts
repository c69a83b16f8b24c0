/** Why a TLS handshake failed, in words that tell the operator what the peer did and what to change. */

const sentences: readonly (readonly [code: RegExp, sentence: string])[] = [
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST/,
    'the peer speaks plaintext to a TLS listener: set security.protocol=SSL, or use the plaintext port',
  ],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/, 'the peer offers no TLS version from 1.2 on'],
  [/NO_SHARED_CIPHER|NO_SHARED_GROUP/, 'the peer offers no cipher that is accepted here'],
  [
    /ALERT_UNKNOWN_CA|CERTIFICATE_UNKNOWN|BAD_CERTIFICATE|UNKNOWN_CA/,
    "the peer does not trust this broker's certificate: give it the authority of `millrace ca`",
  ],
  [/HANDSHAKE_TIMEOUT/, 'the peer did not finish the TLS handshake in time'],
  [/ECONNRESET|EPIPE/, 'the peer left during the TLS handshake'],
]

/** @param error as `node:tls` reports it, with OpenSSL's name in `code` */
export function handshakeFailure(error: Error): string {
  const code = (error as { readonly code?: string }).code ?? ''
  const known = sentences.find(([pattern]) => pattern.test(code))
  return `TLS handshake failed: ${known?.[1] ?? error.message}${code === '' ? '' : ` (${code})`}`
}
