/** Certificate signing requests (PKCS #10): made for an authority's own key, and read from whoever wants a certificate. */
import { createPublicKey } from 'node:crypto'
import { generateSigningKeys, signatureParameters, type KeyAlgorithm, type SigningAlgorithm } from './signing-keys.ts'
import { endedPem, loadX509 } from './x509-library.ts'

/** One attribute of a name: an object identifier (dotted) and its text. In the order of the certificate. */
export type NamePart = readonly [oid: string, value: string]

export interface NewSigningRequest {
  /** PKCS #8, DER. */
  readonly privateKey: Buffer
  readonly requestPem: string
}

export interface SigningRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer
  /** Name, DER, as it was asked for. */
  readonly subject: Buffer
  /** The value of the subjectAltName extension that was asked for, DER; null: none. */
  readonly alternativeNames: Buffer | null
}

/** What was given is no signing request, or not signed by the key that it is about. */
export class SigningRequestError extends Error {
  override readonly name = 'SigningRequestError'
}

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'

export async function newSigningRequest(options: {
  readonly subject: readonly NamePart[]
  readonly keyAlgorithm: KeyAlgorithm
  readonly signingAlgorithm: SigningAlgorithm
}): Promise<NewSigningRequest> {
  const x509 = await loadX509()
  const { keys, privateKey } = await generateSigningKeys(options.keyAlgorithm, options.signingAlgorithm)
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: options.subject.map(([oid, value]) => ({ [oid]: [value] })),
    keys,
    signingAlgorithm: signatureParameters(options.signingAlgorithm),
  })
  return { privateKey, requestPem: endedPem(request.toString('pem')) }
}

/** @throws SigningRequestError */
export async function readSigningRequest(pem: string): Promise<SigningRequest> {
  const x509 = await loadX509()
  try {
    const request = new x509.Pkcs10CertificateRequest(pem)
    if (!(await request.verify())) throw new SigningRequestError('the signature is not that of its key')
    const extension = request.extensions.find(({ type }) => type === SUBJECT_ALTERNATIVE_NAME)
    const publicKey = Buffer.from(request.publicKey.rawData)
    // The library takes what it can parse; OpenSSL also looks whether it is a key.
    createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    return {
      publicKey,
      subject: Buffer.from(request.subjectName.toArrayBuffer()),
      alternativeNames: extension === undefined ? null : Buffer.from(extension.value),
    }
  } catch (cause) {
    if (cause instanceof SigningRequestError) throw cause
    throw new SigningRequestError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
