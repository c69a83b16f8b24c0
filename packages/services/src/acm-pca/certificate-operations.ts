/** Certificates: of authorities (request, import, get) and those that they issue and revoke. */
import { AwsError } from '@millrace/aws/errors'
import type { Input } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import { pathLengthOf } from '@millrace/pki/issued-certificate'
import { canSign, isSigningAlgorithm, type SigningAlgorithm } from '@millrace/pki/signing-keys'
import { readSigningRequest, SigningRequestError, type SigningRequest } from '@millrace/pki/signing-request'
import { DAY_MS, invalidState, requireNotDeleted, statusOf, withCertificate, type Authority } from './authority.ts'
import type { AcmPcaDependencies } from './dependencies.ts'
import { importedCertificate } from './imported-certificate.ts'
import { invalidArgs } from './subject.ts'
import { templateOf, type Template } from './templates.ts'
import { beginOf, endOf } from './validity.ts'

const SHORT_LIVED_DAYS_MAX = 7

export function certificateOperations(dependencies: AcmPcaDependencies): OperationHandlers<'acm-pca'> {
  const { vault, store, clock } = dependencies
  return {
    GetCertificateAuthorityCsr: async ({ CertificateAuthorityArn }, context) => {
      const authority = await vault.get(CertificateAuthorityArn, context)
      requireNotDeleted(authority, clock())
      return { Csr: authority.requestPem }
    },

    ImportCertificateAuthorityCertificate: async (input, context) => {
      const { CertificateAuthorityArn, Certificate: certificate, CertificateChain: chain } = input
      const { requestPem } = await vault.get(CertificateAuthorityArn, context)
      const { publicKey } = await readSigningRequest(requestPem)
      await vault.change(CertificateAuthorityArn, context, (authority, now) =>
        withCertificate(authority, importedCertificate({ authority, publicKey, certificate, chain, now }), now),
      )
      return {}
    },

    GetCertificateAuthorityCertificate: async ({ CertificateAuthorityArn }, context) => {
      const authority = await vault.get(CertificateAuthorityArn, context)
      requireNotDeleted(authority, clock())
      const { certificate } = authority
      if (certificate === null) throw invalidState(authority, clock(), 'it has no certificate yet.')
      const { certificatePem, chainPem } = certificate
      return {
        Certificate: trimmed(certificatePem),
        ...(chainPem === null ? {} : { CertificateChain: trimmed(chainPem) }),
      }
    },

    IssueCertificate: (input, context) => issue(dependencies, input, context),

    GetCertificate: async ({ CertificateAuthorityArn, CertificateArn }, context) => {
      const authority = await vault.get(CertificateAuthorityArn, context)
      requireNotDeleted(authority, clock())
      const certificate = await store.certificate(CertificateArn)
      if (certificate === null || certificate.authorityArn !== authority.arn) {
        throw new AwsError('ResourceNotFoundException', { message: `Could not find certificate ${CertificateArn}` })
      }
      const { certificatePem, chainPem } = certificate
      return {
        Certificate: trimmed(certificatePem),
        ...(chainPem === null ? {} : { CertificateChain: trimmed(chainPem) }),
      }
    },

    RevokeCertificate: async ({ CertificateAuthorityArn, CertificateSerial, RevocationReason }, context) => {
      const authority = await vault.get(CertificateAuthorityArn, context)
      const now = clock()
      const state = statusOf(authority, now)
      if (state !== 'ACTIVE' && state !== 'DISABLED' && state !== 'EXPIRED')
        throw invalidState(authority, now, 'it cannot revoke certificates.')
      await vault.revoke(authority, CertificateSerial, RevocationReason)
      return {}
    },
  }
}

async function issue(
  { vault, clock }: AcmPcaDependencies,
  input: Input<'acm-pca', 'IssueCertificate'>,
  scope: { readonly accountId: string; readonly region: string },
): Promise<{ CertificateArn: string }> {
  const authority = await vault.get(input.CertificateAuthorityArn, scope)
  const now = clock()
  const template = templateOf(input.TemplateArn)
  const notAfter = endOf(input.Validity, now)
  const notBefore = beginOf(input.ValidityNotBefore, notAfter, now)
  const request = await signingRequest(input.Csr)
  const own = await readSigningRequest(authority.requestPem)
  checkState(authority, template, now)
  if (template.selfSigned && (authority.type !== 'ROOT' || !own.publicKey.equals(request.publicKey)))
    throw invalidArgs(`${template.name} is for the request of a root CA itself (GetCertificateAuthorityCsr).`)
  await checkLimits({ authority, template, notAfter, now })
  const certificate = await vault.issue(authority, {
    request,
    profile: template.profile,
    selfSigned: template.selfSigned,
    notBefore,
    notAfter,
    signingAlgorithm: signingAlgorithm(authority, input.SigningAlgorithm),
    idempotencyToken: input.IdempotencyToken ?? null,
  })
  return { CertificateArn: certificate.arn }
}

/** Only its own certificate can be issued by an authority that has none yet. */
function checkState(authority: Authority, template: Template, now: Date): void {
  const state = statusOf(authority, now)
  if (state === 'ACTIVE' || (template.selfSigned && (state === 'PENDING_CERTIFICATE' || state === 'EXPIRED'))) return
  throw invalidState(authority, now, 'it must be ACTIVE to issue certificates.')
}

async function checkLimits(options: {
  readonly authority: Authority
  readonly template: Template
  readonly notAfter: Date
  readonly now: Date
}): Promise<void> {
  const { authority, template, notAfter, now } = options
  if (authority.usageMode === 'SHORT_LIVED_CERTIFICATE' && template.profile.kind === 'end-entity') {
    if (notAfter.getTime() - now.getTime() > SHORT_LIVED_DAYS_MAX * DAY_MS)
      throw invalidArgs(`This authority issues certificates of at most ${SHORT_LIVED_DAYS_MAX} days.`)
  }
  if (template.selfSigned || authority.certificate === null) return
  if (notAfter.getTime() > Date.parse(authority.certificate.notAfter))
    throw invalidArgs('The certificate validity specified exceeds the certificate authority validity.')
  const { profile } = template
  if (profile.kind !== 'authority' || profile.pathLength === null) return
  const above = await pathLengthOf(authority.certificate.certificatePem)
  if (above !== null && profile.pathLength >= above)
    throw invalidArgs(
      `The authority allows ${above} authorities below it: a path length of ${profile.pathLength} is too long.`,
    )
}

function signingAlgorithm(authority: Authority, asked: string): SigningAlgorithm {
  if (isSigningAlgorithm(asked) && canSign(authority.keyAlgorithm, asked)) return asked
  throw invalidArgs(`The authority's key (${authority.keyAlgorithm}) cannot sign by ${asked}.`)
}

async function signingRequest(pem: Uint8Array): Promise<SigningRequest> {
  try {
    return await readSigningRequest(Buffer.from(pem).toString('latin1'))
  } catch (cause) {
    if (!(cause instanceof SigningRequestError)) throw cause
    throw new AwsError('MalformedCSRException', { message: `The request is not valid: ${cause.message}`, cause })
  }
}

/** As AWS writes them: without the last line end. */
function trimmed(pem: string): string {
  return pem.trimEnd()
}
