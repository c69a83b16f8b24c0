/**
 * The authorities of all accounts: found by their ARN, made, changed one at a time, signing. A private key is in memory only
 * while it signs. Authorities whose time to be restored is over are removed when next anybody asks for one.
 */
import { randomBytes, randomUUID, X509Certificate } from 'node:crypto'
import { formatArn, parseArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import { issueCertificate, type IssueOptions } from '@millrace/pki/issued-certificate'
import { newSigningRequest } from '@millrace/pki/signing-request'
import { Exclusive } from '@millrace/base/exclusive'
import { Listeners } from '../listeners.ts'
import type { Scope } from '../scope.ts'
import { openSealed, seal } from '../sealing/seal.ts'
import { statusOf, type Authority } from './authority.ts'
import type { AuthorityStore, IssuedCertificate } from './authority-store.ts'
import type { AuthorityReading, PrivateAuthorities, Revocations } from './private-authorities.ts'
import { gatherRevocations } from './revocations.ts'
import { nameParts } from './subject.ts'

export type NewAuthority = Pick<
  Authority,
  | 'type'
  | 'keyAlgorithm'
  | 'signingAlgorithm'
  | 'configuration'
  | 'usageMode'
  | 'keyStorageSecurityStandard'
  | 'idempotencyToken'
  | 'tags'
>

export interface CertificateRequest extends Omit<IssueOptions, 'signer' | 'serialNumber'> {
  /** The certificate signs itself. */
  readonly selfSigned: boolean
  readonly idempotencyToken: string | null
}

/** How long the same token means the same request. */
const IDEMPOTENCY_MS = 5 * 60_000
const AUTHORITIES_MAX = 200

export class AuthorityVault implements PrivateAuthorities {
  readonly #store: AuthorityStore
  readonly #masterKey: Uint8Array
  readonly #clock: () => Date
  readonly #exclusive = new Exclusive()
  readonly #listeners = new Listeners()

  constructor(options: { readonly store: AuthorityStore; readonly masterKey: Uint8Array; readonly clock: () => Date }) {
    this.#store = options.store
    this.#masterKey = options.masterKey
    this.#clock = options.clock
  }

  subscribe(listener: (authorityArn: string) => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  async readAuthority(arn: string, scope: Scope): Promise<AuthorityReading | null> {
    await this.#removeExpired()
    const authority = await this.#store.authority(scope, arn)
    if (authority === null) return null
    return {
      arn,
      status: statusOf(authority, this.#clock()),
      certificatePem: authority.certificate?.certificatePem ?? null,
    }
  }

  async revocations(scope: Scope): Promise<readonly Revocations[]> {
    const authorities = await this.#store.authorities(scope)
    const revoked = new Map<string, IssuedCertificate[]>()
    for (const { arn } of authorities) revoked.set(arn, await this.#store.revoked(arn))
    return gatherRevocations(authorities, revoked)
  }

  /** By ARN; also those that are deleted and can be restored. */
  async list(scope: Scope): Promise<Authority[]> {
    await this.#removeExpired()
    return this.#store.authorities(scope)
  }

  /** Throws InvalidArnException, ResourceNotFoundException. */
  async get(arn: string, scope: Scope): Promise<Authority> {
    await this.#removeExpired()
    if (!isAuthorityArn(arn))
      throw new AwsError('InvalidArnException', { message: `${arn} is no ARN of an authority.` })
    const authority = await this.#store.authority(scope, arn)
    if (authority !== null) return authority
    throw new AwsError('ResourceNotFoundException', { message: `Could not find Certificate Authority ${arn}` })
  }

  /** The same token within five minutes gives the same authority. Throws LimitExceededException. */
  create(scope: Scope, options: NewAuthority): Promise<Authority> {
    return this.#exclusive.run(async () => {
      const now = this.#clock()
      const others = await this.list(scope)
      const token = options.idempotencyToken
      const known = token === null ? undefined : others.find((other) => other.idempotencyToken === token)
      if (known !== undefined && now.getTime() - Date.parse(known.createdAt) < IDEMPOTENCY_MS) return known
      if (others.length >= AUTHORITIES_MAX) {
        throw new AwsError('LimitExceededException', {
          message: `An account has ${AUTHORITIES_MAX} certificate authorities in a region at most.`,
        })
      }
      const { accountId, region } = scope
      const arn = formatArn({
        service: 'acm-pca',
        region,
        accountId,
        resource: `certificate-authority/${randomUUID()}`,
      })
      const { privateKey, requestPem } = await newSigningRequest({
        subject: nameParts(options.configuration.Subject),
        keyAlgorithm: options.keyAlgorithm,
        signingAlgorithm: options.signingAlgorithm,
      })
      const authority: Authority = {
        ...options,
        arn,
        accountId,
        region,
        status: 'PENDING_CERTIFICATE',
        createdAt: now.toISOString(),
        lastStateChangeAt: now.toISOString(),
        sealedKey: seal(this.#masterKey, privateKey, keyAbout(arn)).toString('base64'),
        requestPem,
        certificate: null,
        deletion: null,
      }
      await this.#store.insert(authority)
      return authority
    })
  }

  /** Reads the authority anew, lets `decide` change it, stores and tells it. Throws what `get` and `decide` throw. */
  change(arn: string, scope: Scope, decide: (authority: Authority, now: Date) => Authority): Promise<Authority> {
    return this.#exclusive.run(async () => {
      const after = decide(await this.get(arn, scope), this.#clock())
      await this.#store.update(after)
      this.#listeners.tell(arn)
      return after
    })
  }

  /** Signs at once: whoever asks for the certificate afterwards never finds it in progress. */
  async issue(authority: Authority, request: CertificateRequest): Promise<IssuedCertificate> {
    const { selfSigned, idempotencyToken, ...options } = request
    const now = this.#clock()
    if (idempotencyToken !== null) {
      const since = new Date(now.getTime() - IDEMPOTENCY_MS)
      const known = await this.#store.certificateByToken(authority.arn, idempotencyToken, since)
      if (known !== null) return known
    }
    const own = authority.certificate
    const serial = newSerial()
    const certificatePem = await issueCertificate({
      ...options,
      serialNumber: serial,
      signer: {
        privateKey: openSealed(this.#masterKey, Buffer.from(authority.sealedKey, 'base64'), keyAbout(authority.arn)),
        keyAlgorithm: authority.keyAlgorithm,
        certificatePem: selfSigned ? null : (own?.certificatePem ?? null),
      },
    })
    const certificate: IssuedCertificate = {
      arn: `${authority.arn}/certificate/${serial}`,
      authorityArn: authority.arn,
      serial,
      certificatePem,
      chainPem: selfSigned || own === null ? null : own.certificatePem + (own.chainPem ?? ''),
      issuedAt: now.toISOString(),
      revocation: null,
      idempotencyToken,
    }
    await this.#store.insertCertificate(certificate)
    return certificate
  }

  /** @param serial hex digits, with or without colons. Throws ResourceNotFoundException, RequestAlreadyProcessedException, InvalidRequestException. */
  revoke(authority: Authority, serial: string, reason: string): Promise<void> {
    return this.#exclusive.run(async () => {
      const digits = serial.replaceAll(/[:\s]|^0x/gi, '').toLowerCase()
      const certificate = await this.#store.certificate(`${authority.arn}/certificate/${digits.padStart(32, '0')}`)
      if (certificate === null) {
        throw new AwsError('ResourceNotFoundException', {
          message: `The authority ${authority.arn} has issued no certificate with the serial number ${serial}.`,
        })
      }
      if (certificate.revocation !== null)
        throw new AwsError('RequestAlreadyProcessedException', { message: 'The certificate is revoked already.' })
      const parsed = new X509Certificate(certificate.certificatePem)
      if (parsed.checkIssued(parsed))
        throw new AwsError('InvalidRequestException', { message: 'A self-signed certificate cannot be revoked.' })
      await this.#store.revokeCertificate({
        ...certificate,
        revocation: { at: this.#clock().toISOString(), reason },
      })
      this.#listeners.tell(authority.arn)
    })
  }

  async #removeExpired(): Promise<void> {
    for (const { arn } of await this.#store.removeExpired(this.#clock())) this.#listeners.tell(arn)
  }
}

function isAuthorityArn(text: string): boolean {
  const arn = parseArn(text)
  return arn?.service === 'acm-pca' && /^certificate-authority\/[\w-]+$/.test(arn.resource)
}

function keyAbout(arn: string): Buffer {
  return Buffer.from(`acm-pca ${arn}`)
}

/** Positive, of 16 bytes, not to be guessed. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}
