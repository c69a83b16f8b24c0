/** Certificates that an authority issues for a signing request: who may be what is said by a profile, never by the request. */
import type { KeyAlgorithm, SigningAlgorithm } from './signing-keys.ts'
import { importSigningKey, signatureParameters } from './signing-keys.ts'
import type { SigningRequest } from './signing-request.ts'
import { endedPem, loadX509 } from './x509-library.ts'

/** What the holder of a certificate may do with it. */
export type CertificateProfile =
  /** Sign certificates. @property pathLength how many authorities may follow below; null: any number */
  | { readonly kind: 'authority'; readonly pathLength: number | null }
  /** @property usages object identifiers of extended key usage */
  | { readonly kind: 'end-entity'; readonly usages: readonly string[] }

export interface IssueOptions {
  readonly request: SigningRequest
  readonly profile: CertificateProfile
  /** 32 hex digits, the first below 8. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly signer: {
    /** PKCS #8, DER. */
    readonly privateKey: Uint8Array
    readonly keyAlgorithm: KeyAlgorithm
    /** Null: the certificate signs itself. */
    readonly certificatePem: string | null
  }
  readonly signingAlgorithm: SigningAlgorithm
}

export async function issueCertificate(options: IssueOptions): Promise<string> {
  const x509 = await loadX509()
  const { request, profile, signer, signingAlgorithm } = options
  const issuer = signer.certificatePem === null ? null : new x509.X509Certificate(signer.certificatePem)
  const { KeyUsageFlags: usage } = x509
  const publicKey = new x509.PublicKey(new Uint8Array(request.publicKey))
  // An authority's certificate may have come from elsewhere, where keys are identified otherwise.
  const signerKey = issuer?.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId
  const extensions = [
    ...(profile.kind === 'authority'
      ? [
          new x509.BasicConstraintsExtension(true, profile.pathLength ?? undefined, true),
          new x509.KeyUsagesExtension(usage.digitalSignature | usage.keyCertSign | usage.cRLSign, true),
        ]
      : [
          new x509.BasicConstraintsExtension(false),
          new x509.KeyUsagesExtension(usage.digitalSignature | usage.keyEncipherment, true),
          new x509.ExtendedKeyUsageExtension([...profile.usages]),
        ]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    signerKey === undefined
      ? await x509.AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? publicKey)
      : new x509.AuthorityKeyIdentifierExtension(signerKey),
    ...(request.alternativeNames === null
      ? []
      : [new x509.Extension('2.5.29.17', false, new Uint8Array(request.alternativeNames))]),
  ]
  const subject = new x509.Name(new Uint8Array(request.subject))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: options.serialNumber,
    subject,
    issuer: issuer?.subjectName ?? subject,
    notBefore: options.notBefore,
    notAfter: options.notAfter,
    publicKey,
    signingKey: await importSigningKey(signer.privateKey, signer.keyAlgorithm, signingAlgorithm),
    signingAlgorithm: signatureParameters(signingAlgorithm),
    extensions,
  })
  return endedPem(certificate.toString('pem'))
}

/** How many authorities may follow below the one of this certificate; null: any number. */
export async function pathLengthOf(certificatePem: string): Promise<number | null> {
  const x509 = await loadX509()
  const constraints = new x509.X509Certificate(certificatePem).getExtension(x509.BasicConstraintsExtension)
  return constraints?.pathLength ?? null
}
