/**
 * The secrets of all accounts: found by what callers call them, changed one at a time, sealed and opened. Every version
 * has a data key of its own from the secret's KMS key, bound by encryption context to secret and version as on AWS, so a
 * KMS key that is disabled closes its secrets. Values are in memory only while a call runs, and in no error.
 */
import { randomInt } from 'node:crypto'
import { formatArn, parseArn } from '@millrace/aws/arn'
import { AwsError, type ErrorName } from '@millrace/aws/errors'
import { Exclusive } from '@millrace/base/exclusive'
import type { EncryptionContext, Keys } from '../kms/keys.ts'
import { Listeners } from '../listeners.ts'
import type { Scope } from '../scope.ts'
import { openSealed, seal, SealBrokenError } from '../sealing/seal.ts'
import { currentVersion, type Secret, type SecretValue, type SecretVersion } from './secret.ts'
import type { SecretStore } from './secret-store.ts'
import type { SecretReading, Secrets } from './secrets.ts'

export const DEFAULT_KEY = 'alias/aws/secretsmanager'
const SUFFIX_LENGTH = 6
const suffixCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A secret with all its versions, oldest first. */
export interface Whole {
  readonly secret: Secret
  readonly versions: readonly SecretVersion[]
}

export class SecretVault implements Secrets {
  readonly #store: SecretStore
  readonly #keys: Keys
  readonly #clock: () => Date
  readonly #exclusive = new Exclusive()
  readonly #listeners = new Listeners()

  constructor(options: { readonly store: SecretStore; readonly keys: Keys; readonly clock: () => Date }) {
    this.#store = options.store
    this.#keys = options.keys
    this.#clock = options.clock
  }

  subscribe(listener: (secretArn: string) => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  async readSecret(arn: string, scope: Scope): Promise<SecretReading | null> {
    const whole = await this.find(arn, scope)
    if (whole === null) return null
    const { secret, versions } = whole
    const current = currentVersion(versions)
    const deleted = secret.deletionAt !== null
    const { name } = secret
    const kmsKeyId = await this.#customerKey(secret)
    const told = { name, arn: secret.arn, kmsKeyId, versionId: current?.versionId ?? null, deleted }
    if (current === null || deleted) return { ...told, secretString: null, unreadable: null }
    try {
      const value = await this.open(secret, current)
      return { ...told, secretString: value.kind === 'text' ? value.text : null, unreadable: null }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return { ...told, secretString: null, unreadable: error.message }
    }
  }

  /** By name, ARN, or ARN without the six random characters. Null: none of this account and region. */
  async find(secretId: string, scope: Scope): Promise<Whole | null> {
    await this.#store.removeExpired(this.#clock())
    const secret = await this.#findSecret(secretId, scope)
    return secret === null ? null : { secret, versions: await this.#store.versions(secret.arn) }
  }

  /** As `find`; throws ResourceNotFoundException. */
  async get(secretId: string, scope: Scope): Promise<Whole> {
    const whole = await this.find(secretId, scope)
    if (whole !== null) return whole
    throw new AwsError('ResourceNotFoundException', { message: "Secrets Manager can't find the specified secret." })
  }

  /** As `get`; throws InvalidRequestException for a secret that is to be deleted. */
  async getLive(secretId: string, scope: Scope): Promise<Whole> {
    const whole = await this.get(secretId, scope)
    requireLive(whole.secret)
    return whole
  }

  /** By name; secrets to be deleted among them. */
  async all(scope: Scope): Promise<Secret[]> {
    await this.#store.removeExpired(this.#clock())
    return this.#store.secrets(scope)
  }

  versions(secret: Secret): Promise<SecretVersion[]> {
    return this.#store.versions(secret.arn)
  }

  /** Calls `make` with what there is under the name, in turn with all changes; stores what it returns unless that is the same. */
  create(scope: Scope, name: string, make: (existing: Whole | null) => Promise<Whole>): Promise<Whole> {
    return this.#exclusive.run(async () => {
      await this.#store.removeExpired(this.#clock())
      const secret = await this.#store.secretByName(scope, name)
      const existing = secret === null ? null : { secret, versions: await this.#store.versions(secret.arn) }
      return this.#write(existing, await make(existing))
    })
  }

  /** Reads the secret anew, lets `decide` change it, stores and tells it. Throws ResourceNotFoundException, and what `decide` throws. */
  change(secretId: string, scope: Scope, decide: (whole: Whole) => Whole | Promise<Whole>): Promise<Whole> {
    return this.#exclusive.run(async () => {
      const before = await this.get(secretId, scope)
      return this.#write(before, await decide(before))
    })
  }

  /** At once and for good. Null: there was none. */
  removeNow(secretId: string, scope: Scope): Promise<Secret | null> {
    return this.#exclusive.run(async () => {
      const secret = await this.#findSecret(secretId, scope)
      if (secret === null) return null
      await this.#store.remove(secret.arn)
      this.#listeners.tell(secret.arn)
      return secret
    })
  }

  newArn({ accountId, region }: Scope, name: string): string {
    const suffix = Array.from({ length: SUFFIX_LENGTH }, () => suffixCharacters[randomInt(suffixCharacters.length)])
    return formatArn({ service: 'secretsmanager', region, accountId, resource: `secret:${name}-${suffix.join('')}` })
  }

  /** A version without labels, sealed by the secret's KMS key. Throws EncryptionFailure. */
  async seal(secret: Secret, versionId: string, value: SecretValue): Promise<SecretVersion> {
    const { arn, kmsKeyId } = secret
    const bytes = value.kind === 'text' ? Buffer.from(value.text, 'utf8') : value.bytes
    const context = contextOf(arn, versionId)
    const dataKey = await this.#keys
      .generateDataKey(kmsKeyId ?? DEFAULT_KEY, secret, context)
      .catch((error: unknown) => refuseBecause('EncryptionFailure', 'encrypt', error))
    return {
      secretArn: arn,
      versionId,
      createdAt: this.#clock().toISOString(),
      accessedAt: null,
      stages: [],
      kind: value.kind,
      kmsKeyId,
      dataKey: dataKey.ciphertext.toString('base64'),
      sealed: seal(dataKey.plaintext, bytes, about(context, value.kind)).toString('base64'),
    }
  }

  /** Throws DecryptionFailure. */
  async open(secret: Secret, version: SecretVersion): Promise<SecretValue> {
    const context = contextOf(secret.arn, version.versionId)
    const dataKey = await this.#keys
      .decryptDataKey(secret, context, Buffer.from(version.dataKey, 'base64'))
      .catch((error: unknown) => refuseBecause('DecryptionFailure', 'decrypt', error))
    let bytes: Buffer
    try {
      bytes = openSealed(dataKey, Buffer.from(version.sealed, 'base64'), about(context, version.kind))
    } catch (error) {
      if (error instanceof SealBrokenError) return refuseBecause('DecryptionFailure', 'decrypt', error)
      throw error
    }
    return version.kind === 'text' ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'binary', bytes }
  }

  /** Null: an AWS managed key, by whatever name the owner gave it. */
  async #customerKey(secret: Secret): Promise<string | null> {
    if (secret.kmsKeyId === null) return null
    const state = await this.#keys.keyState(secret.kmsKeyId, secret)
    return state?.manager === 'AWS' ? null : secret.kmsKeyId
  }

  async #write(before: Whole | null, after: Whole): Promise<Whole> {
    if (before !== null && after.secret === before.secret && after.versions === before.versions) return after
    await this.#store.write(after.secret, after.versions)
    if (before === null || worthTelling(before) !== worthTelling(after)) this.#listeners.tell(after.secret.arn)
    return after
  }

  async #findSecret(secretId: string, scope: Scope): Promise<Secret | null> {
    if (!secretId.startsWith('arn:')) return this.#store.secretByName(scope, secretId)
    const exact = await this.#store.secretByArn(scope, secretId)
    if (exact !== null) return exact
    const arn = parseArn(secretId)
    if (arn === null || arn.service !== 'secretsmanager' || !arn.resource.startsWith('secret:')) return null
    if (arn.accountId !== scope.accountId || arn.region !== scope.region) return null
    return this.#store.secretByName(scope, arn.resource.slice('secret:'.length))
  }
}

export function requireLive(secret: Secret): void {
  if (secret.deletionAt === null) return
  throw new AwsError('InvalidRequestException', {
    message: "You can't perform this operation on the secret because it was marked for deletion.",
  })
}

function worthTelling({ secret, versions }: Whole): string {
  const { kmsKeyId, deletionAt } = secret
  const current = currentVersion(versions)
  return JSON.stringify([kmsKeyId, deletionAt === null, current?.versionId ?? null, current?.dataKey ?? null])
}

/** The words by which AWS binds data keys of secrets. Source: "Secret encryption and decryption" of the Secrets Manager user guide. */
function contextOf(arn: string, versionId: string): EncryptionContext {
  return { SecretARN: arn, SecretVersionId: versionId }
}

function about(context: EncryptionContext, kind: SecretValue['kind']): Buffer {
  return Buffer.from(JSON.stringify([context, kind]))
}

/** What KMS says becomes what Secrets Manager says; faults of ours stay what they are. */
function refuseBecause(name: ErrorName, verb: string, error: unknown): never {
  const reason = error instanceof AwsError ? error.message : error instanceof SealBrokenError ? 'it was changed' : null
  if (reason === null) throw error
  throw new AwsError(name, {
    message: `Secrets Manager can't ${verb} the protected secret text using the provided KMS key: ${reason}`,
    cause: error,
  })
}
