/**
 * The keys of all accounts: found by what callers call them, made, changed one at a time, encrypting and decrypting. The
 * material of a key is in memory only while it is used. Keys whose waiting time is over are removed when next anybody asks
 * for a key, rotations that are due happen when the key next encrypts.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { formatArn, parseArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import { Exclusive } from '@millrace/base/exclusive'
import { Listeners } from '../listeners.ts'
import type { Scope } from '../scope.ts'
import { KEY_BYTES, openSealed, seal } from '../sealing/seal.ts'
import { decryptUnder, encryptUnder, invalidCiphertext, readHeader } from './ciphertext.ts'
import { currentMaterial, requireEnabled, rotated, rotationIsDue, type Key, type KeyMaterial } from './key.ts'
import { defaultKeyPolicy, managedKeyPolicy } from './key-policy.ts'
import type { KeyStore } from './key-store.ts'
import type { DataKey, EncryptionContext, Keys, KeyState } from './keys.ts'

/** Services whose AWS managed key is made when first asked for. */
export const managedAliases: ReadonlyMap<string, string> = new Map([
  ['alias/aws/kafka', 'Default key that protects my Kafka data when no other key is defined'],
  ['alias/aws/secretsmanager', 'Default key that protects my Secrets Manager data when no other key is defined'],
])

export interface NewKey {
  readonly description?: string | undefined
  readonly policy?: string | undefined
  readonly tags?: Readonly<Record<string, string>>
}

export interface Decrypted {
  readonly key: Key
  readonly materialId: string
  readonly plaintext: Buffer
}

export class KeyRing implements Keys {
  readonly #store: KeyStore
  readonly #masterKey: Uint8Array
  readonly #clock: () => Date
  readonly #exclusive = new Exclusive()
  readonly #listeners = new Listeners()

  constructor(options: { readonly store: KeyStore; readonly masterKey: Uint8Array; readonly clock: () => Date }) {
    this.#store = options.store
    this.#masterKey = options.masterKey
    this.#clock = options.clock
  }

  subscribe(listener: (keyArn: string) => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** A grant on the key was made or has ended. */
  grantsChanged(keyArn: string): void {
    this.#listeners.tell(keyArn)
  }

  async keyState(reference: string, scope: Scope): Promise<KeyState | null> {
    const key = await this.find(reference, scope)
    return key === null ? null : { arn: key.arn, keyId: key.keyId, status: key.status, manager: key.manager }
  }

  async generateDataKey(reference: string, scope: Scope, context: EncryptionContext): Promise<DataKey> {
    const plaintext = randomBytes(KEY_BYTES)
    return { plaintext, ciphertext: await this.encryptDataKey(reference, scope, context, plaintext) }
  }

  async encryptDataKey(
    reference: string,
    scope: Scope,
    context: EncryptionContext,
    plaintext: Buffer,
  ): Promise<Buffer> {
    return this.encrypt(await this.get(reference, scope), plaintext, context)
  }

  async decryptDataKey(scope: Scope, context: EncryptionContext, ciphertext: Buffer): Promise<Buffer> {
    return (await this.decrypt(scope, ciphertext, context)).plaintext
  }

  /** By id, ARN, alias or alias ARN. Null: none of this account and region. */
  async find(reference: string, scope: Scope): Promise<Key | null> {
    await this.#removeExpired()
    const name = localName(reference, scope)
    if (name === null) return null
    if (!name.startsWith('alias/')) return this.#store.key(scope, name)
    const alias = await this.#store.alias(scope, name)
    if (alias !== null) return this.#store.key(scope, alias.keyId)
    return managedAliases.has(name) ? this.#exclusive.run(() => this.#makeManaged(name, scope)) : null
  }

  /** As `find`; throws NotFoundException. */
  async get(reference: string, scope: Scope): Promise<Key> {
    const key = await this.find(reference, scope)
    if (key === null) throw noSuchKey(reference, scope)
    return key
  }

  /** By id or ARN, no alias: what many operations want. Throws NotFoundException. */
  async getById(reference: string, scope: Scope): Promise<Key> {
    if (localName(reference, scope)?.startsWith('alias/') === true) {
      throw new AwsError('NotFoundException', {
        message: `Invalid keyId '${reference}': an alias cannot be used here.`,
      })
    }
    return this.get(reference, scope)
  }

  async create(scope: Scope, options: NewKey): Promise<Key> {
    const key = this.#newKey(scope, { ...options, manager: 'CUSTOMER' })
    await this.#store.insertKey(key)
    return key
  }

  /** Reads the key anew, lets `decide` change it, stores and tells it. Throws NotFoundException, and what `decide` throws. */
  change(reference: string, scope: Scope, decide: (key: Key, now: Date) => Key): Promise<Key> {
    return this.#exclusive.run(async () => {
      const before = await this.getById(reference, scope)
      const after = decide(before, this.#clock())
      await this.#store.updateKey(after)
      if (after.status !== before.status) this.#listeners.tell(after.arn)
      return after
    })
  }

  rotateOnDemand(reference: string, scope: Scope): Promise<Key> {
    return this.change(reference, scope, (key) => {
      requireEnabled(key)
      return rotated(key, this.#newMaterial(key.keyId, 'ON_DEMAND'))
    })
  }

  /** Throws DisabledException, KMSInvalidStateException. */
  async encrypt(key: Key, plaintext: Uint8Array, context: EncryptionContext): Promise<Buffer> {
    requireEnabled(key)
    const fresh = rotationIsDue(key, this.#clock()) ? await this.#rotateAutomatically(key) : key
    const material = currentMaterial(fresh)
    const header = { keyId: fresh.keyId, materialId: material.id }
    return encryptUnder(header, this.#open(fresh, material), plaintext, context)
  }

  /** Throws InvalidCiphertextException, AccessDeniedException (no key of this account and region), and what `encrypt` throws. */
  async decrypt(scope: Scope, ciphertext: Uint8Array, context: EncryptionContext): Promise<Decrypted> {
    const { keyId, materialId } = readHeader(ciphertext)
    const key = await this.find(keyId, scope)
    if (key === null) {
      throw new AwsError('AccessDeniedException', {
        message:
          'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      })
    }
    requireEnabled(key)
    const material = key.materials.find(({ id }) => id === materialId)
    if (material === undefined) throw invalidCiphertext()
    return { key, materialId, plaintext: decryptUnder(this.#open(key, material), ciphertext, context) }
  }

  #rotateAutomatically(key: Key): Promise<Key> {
    return this.change(key.keyId, key, (current, now) =>
      rotationIsDue(current, now) ? rotated(current, this.#newMaterial(current.keyId, 'AUTOMATIC')) : current,
    )
  }

  async #removeExpired(): Promise<void> {
    for (const { arn } of await this.#store.removeExpired(this.#clock())) this.#listeners.tell(arn)
  }

  /** Another caller may have made it while this one waited for its turn. */
  async #makeManaged(name: string, scope: Scope): Promise<Key | null> {
    const alias = await this.#store.alias(scope, name)
    if (alias !== null) return this.#store.key(scope, alias.keyId)
    const key = this.#newKey(scope, {
      manager: 'AWS',
      description: managedAliases.get(name),
      policy: managedKeyPolicy(name.slice('alias/aws/'.length), scope),
    })
    const { accountId, region } = scope
    const { keyId, createdAt } = key
    await this.#store.insertKey(key, { accountId, region, name, keyId, createdAt, updatedAt: createdAt })
    return key
  }

  #newKey(scope: Scope, options: NewKey & { readonly manager: Key['manager'] }): Key {
    const { accountId, region } = scope
    const keyId = randomUUID()
    return {
      keyId,
      arn: formatArn({ service: 'kms', region, accountId, resource: `key/${keyId}` }),
      accountId,
      region,
      status: 'Enabled',
      manager: options.manager,
      description: options.description ?? '',
      createdAt: this.#clock().toISOString(),
      deletion: null,
      materials: [this.#newMaterial(keyId, 'FIRST')],
      rotation: null,
      policy: options.policy ?? defaultKeyPolicy(scope),
      tags: options.tags ?? {},
    }
  }

  #newMaterial(keyId: string, origin: KeyMaterial['origin']): KeyMaterial {
    const id = randomBytes(32).toString('hex')
    const sealed = seal(this.#masterKey, randomBytes(KEY_BYTES), materialAbout(keyId, id)).toString('base64')
    return { id, createdAt: this.#clock().toISOString(), origin, sealed }
  }

  #open(key: Key, material: KeyMaterial): Buffer {
    return openSealed(this.#masterKey, Buffer.from(material.sealed, 'base64'), materialAbout(key.keyId, material.id))
  }
}

function materialAbout(keyId: string, materialId: string): Buffer {
  return Buffer.from(`kms ${keyId} ${materialId}`)
}

/** `alias/…` or a key id; null: an ARN of elsewhere, or no reference at all. */
function localName(reference: string, scope: Scope): string | null {
  if (!reference.startsWith('arn:')) return reference
  const arn = parseArn(reference)
  if (arn === null || arn.service !== 'kms' || arn.region !== scope.region || arn.accountId !== scope.accountId)
    return null
  return arn.resource.startsWith('key/') ? arn.resource.slice('key/'.length) : arn.resource
}

function noSuchKey(reference: string, scope: Scope): AwsError {
  const name = localName(reference, scope)
  const { accountId, region } = scope
  if (name === null) return new AwsError('NotFoundException', { message: `Invalid arn ${reference}` })
  if (name.startsWith('alias/')) {
    const arn = formatArn({ service: 'kms', region, accountId, resource: name })
    return new AwsError('NotFoundException', { message: `Alias ${arn} is not found.` })
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name))
    return new AwsError('NotFoundException', { message: `Invalid keyId '${reference}'` })
  const arn = formatArn({ service: 'kms', region, accountId, resource: `key/${name}` })
  return new AwsError('NotFoundException', { message: `Key '${arn}' does not exist` })
}
