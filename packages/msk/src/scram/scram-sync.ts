/**
 * Keeps the SCRAM users of clusters what their associated secrets say: a new value of a secret is the user's password from
 * then on, a deleted secret ends the login, a restored one brings it back. What was last brought about is written with the
 * association, so that nothing is missed while the control plane is away. A secret that cannot be read (its key is disabled, or
 * no grant lets the managed service use it any more) changes nothing, until it can be read.
 */
import type { Logger } from '@millrace/base/logger'
import type { KeySource } from '../at-rest/key-source.ts'
import type { AssociatedSecret, Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { isRefusal, scramLogin } from './scram-login.ts'
import type { ScramTurns } from './scram-turns.ts'
import type { ScramUser, SetScramUsers } from './scram-users.ts'
import { mayRead } from './secret-key.ts'
import type { SecretReading, SecretSource } from './secret-source.ts'

export interface ScramSyncOptions {
  readonly store: Store
  readonly secrets: SecretSource
  readonly keys: KeySource
  readonly setUsers: SetScramUsers
  readonly turns: ScramTurns
  readonly logger: Logger
  readonly retryDelayMs?: number
}

const RETRY_DELAY_MS = 5_000

export class ScramSync {
  readonly #options: ScramSyncOptions
  #unsubscribe: () => void = () => undefined
  /** Secrets that could not be read when that was last tried: a change of a key may change that. ARN by association. */
  readonly #unread = new Map<string, string>()
  #queue: Promise<void> = Promise.resolve()
  #retry: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: ScramSyncOptions) {
    this.#options = options
  }

  /** Catches up with what has changed meanwhile, and listens from then on. */
  start(): void {
    const { secrets, keys } = this.#options
    const ends = [
      secrets.subscribe((secretArn) => this.#enqueue(secretArn)),
      keys.subscribe(() => {
        const unread = new Set(this.#unread.values())
        this.#unread.clear()
        for (const secretArn of unread) this.#enqueue(secretArn)
      }),
    ]
    this.#unsubscribe = () => ends.forEach((end) => end())
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
    const { store, turns, logger } = this.#options
    for (const associated of await store.associatedSecrets(secretArn)) {
      try {
        await turns.take(associated.clusterArn, () => this.#bringAbout(associated))
      } catch (error) {
        if (this.#closed) return
        logger.warn('a SCRAM user is not yet what its secret says', { secret: associated.secretArn, error })
        this.#retryLater()
      }
    }
  }

  async #bringAbout({ clusterArn, secretArn }: AssociatedSecret): Promise<void> {
    const { store, secrets, setUsers, logger } = this.#options
    const cluster = await store.cluster(clusterArn)
    // As it is now: it may have ended, or been made anew, before this turn came.
    const associated = (await store.associatedSecretsOf(clusterArn)).find((one) => one.secretArn === secretArn)
    if (cluster === null || associated === undefined) return
    const secret = await secrets.readSecret(associated.secretArn, cluster)
    const gone = secret === null || secret.deleted
    if (!gone && !(await this.#canBeRead(associated, secret, cluster))) return
    const change = wanted(associated, gone ? null : scramLogin(secret))
    if (change === null) return
    await setUsers(cluster, change.users)
    await store.putAssociatedSecret({ ...associated, ...change.written })
    logger.info('a SCRAM user follows its secret', { cluster: cluster.name, user: change.written.username })
  }

  async #canBeRead(associated: AssociatedSecret, secret: SecretReading, cluster: Cluster): Promise<boolean> {
    const { keys, logger } = this.#options
    const { clusterArn, secretArn } = associated
    const association = `${clusterArn} ${secretArn}`
    const why = (await mayRead(keys, associated, secret, cluster)) ? secret.unreadable : 'no grant lets its key be used'
    if (why === null) this.#unread.delete(association)
    else if (!this.#unread.has(association)) {
      this.#unread.set(association, secretArn)
      logger.warn('the secret of a SCRAM user cannot be read, its login stays as it was', { secret: secretArn, why })
    }
    return why === null
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
