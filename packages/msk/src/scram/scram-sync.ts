/**
 * Keeps the SCRAM users of clusters what their associated secrets say: a new value of a secret is the user's password from
 * then on, a deleted secret ends the login, a restored one brings it back. What was last brought about is written with the
 * association, so that nothing is missed while the control plane is away. A secret that cannot be read (its key is disabled)
 * changes nothing.
 */
import type { Logger } from '@millrace/base/logger'
import type { AssociatedSecret, Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { isRefusal, scramLogin } from './scram-login.ts'
import type { ScramUser, SetScramUsers } from './scram-users.ts'
import type { SecretSource } from './secret-source.ts'

export interface ScramSyncOptions {
  readonly store: Store
  readonly secrets: SecretSource
  readonly setUsers: SetScramUsers
  readonly logger: Logger
  readonly retryDelayMs?: number
}

const RETRY_DELAY_MS = 5_000

export class ScramSync {
  readonly #options: ScramSyncOptions
  #unsubscribe: () => void = () => undefined
  #queue: Promise<void> = Promise.resolve()
  #retry: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: ScramSyncOptions) {
    this.#options = options
  }

  /** Catches up with what has changed meanwhile, and listens from then on. */
  start(): void {
    this.#unsubscribe = this.#options.secrets.subscribe((secretArn) => this.#enqueue(secretArn))
    this.#enqueue(null)
  }

  /** Resolves when everything known so far has been brought about, or was tried. */
  idle(): Promise<void> {
    return this.#queue
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    if (this.#retry !== null) clearTimeout(this.#retry)
  }

  /** @param secretArn null: all of them */
  #enqueue(secretArn: string | null): void {
    this.#queue = this.#queue.then(() => this.#sync(secretArn))
  }

  async #sync(secretArn: string | null): Promise<void> {
    if (this.#closed) return
    const { store, logger } = this.#options
    for (const associated of await store.associatedSecrets(secretArn)) {
      try {
        await this.#bringAbout(associated)
      } catch (error) {
        if (this.#closed) return
        logger.warn('a SCRAM user is not yet what its secret says', { secret: associated.secretArn, error })
        this.#retryLater()
      }
    }
  }

  async #bringAbout(associated: AssociatedSecret): Promise<void> {
    const { store, secrets, setUsers, logger } = this.#options
    const cluster = await store.cluster(associated.clusterArn)
    if (cluster === null) return
    const secret = await secrets.readSecret(associated.secretArn, cluster)
    const change = wanted(associated, secret === null || secret.deleted ? null : scramLogin(secret))
    if (change === null) return
    await setUsers(cluster, change.users)
    await store.putAssociatedSecret({ ...associated, ...change.written })
    logger.info('a SCRAM user follows its secret', { cluster: cluster.name, user: change.written.username })
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null
      this.#enqueue(null)
    }, this.#options.retryDelayMs ?? RETRY_DELAY_MS).unref()
  }
}

interface Change {
  readonly users: readonly ScramUser[]
  readonly written: Pick<AssociatedSecret, 'username' | 'versionId'>
}

/** @param login null: the secret is gone */
function wanted(associated: AssociatedSecret, login: ReturnType<typeof scramLogin> | null): Change | null {
  const { username, versionId } = associated
  if (login === null) {
    if (versionId === null) return null
    return { users: [{ name: username, password: null }], written: { username, versionId: null } }
  }
  if (isRefusal(login) || login.versionId === versionId) return null
  const renamed = login.username === username ? [] : [{ name: username, password: null }]
  return { users: [...renamed, { name: login.username, password: login.password }], written: login }
}

/** Clusters with listeners that check SCRAM users. */
export function servesScram(cluster: Cluster): boolean {
  return cluster.desired.ClientAuthentication?.Sasl?.Scram?.Enabled === true
}
