/**
 * Temporary credentials: whom they speak for, until when, and what cuts them down. Kept in memory and, with secret and token
 * sealed, in the services' database, so that they outlive a restart. For a day after its end a session is still told, so that
 * its owner hears that it has expired and not that nobody knows it.
 */
import { randomBytes } from 'node:crypto'
import { newAccessKeyId, newSecretAccessKey } from '../iam/unique-id.ts'
import type { Tags } from '../iam/entities.ts'
import { openSealed, seal } from '../sealing/seal.ts'
import type { Database } from '../store/database.ts'

export interface Session {
  readonly accessKeyId: string
  readonly accountId: string
  /** `role`: AssumeRole; `user`, `root`: GetSessionToken; `federated`: GetFederationToken of a user or root. */
  readonly kind: 'role' | 'user' | 'root' | 'federated'
  /** Of the role or user; '' is root. A thing of the same name made later is another, and the session is not its. */
  readonly subjectId: string
  /** Of the role session or the federated user; '' otherwise. */
  readonly name: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly secret: string
  readonly token: string
  /** Session policies; null: none were passed. */
  readonly policies: SessionPolicies | null
  readonly tags: Tags
  /** Keys of tags that go on to the roles that this session assumes. */
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | null
}

export interface SessionPolicies {
  /** Policy text; null: only managed ones. */
  readonly inline: string | null
  /** ARNs of managed policies. */
  readonly managed: readonly string[]
}

export type NewSession = Omit<Session, 'accessKeyId' | 'secret' | 'token' | 'createdAt' | 'expiresAt'> & {
  readonly seconds: number
}

const KEPT_AFTER_END_MS = 86_400_000
const TOKEN_BYTES = 240

export class SessionStore {
  readonly #db: Database
  readonly #masterKey: Uint8Array
  readonly #clock: () => Date
  readonly #sessions = new Map<string, Session>()
  readonly #listeners = new Set<() => void>()

  private constructor(db: Database, masterKey: Uint8Array, clock: () => Date) {
    this.#db = db
    this.#masterKey = masterKey
    this.#clock = clock
  }

  static async open(db: Database, masterKey: Uint8Array, clock: () => Date): Promise<SessionStore> {
    const store = new SessionStore(db, masterKey, clock)
    await store.#removeOld()
    for (const row of await db.selectFrom('sts_sessions').selectAll().execute()) {
      const { sealed, ...rest } = JSON.parse(row.document) as Omit<Session, 'secret' | 'token'> & {
        readonly sealed: string
      }
      const opened = openSealed(masterKey, Buffer.from(sealed, 'base64'), about(rest.accessKeyId)).toString()
      const { secret, token } = JSON.parse(opened) as { readonly secret: string; readonly token: string }
      store.#sessions.set(rest.accessKeyId, { ...rest, secret, token })
    }
    return store
  }

  get(accessKeyId: string): Session | null {
    return this.#sessions.get(accessKeyId) ?? null
  }

  /** Those that have not ended. */
  *live(): Iterable<Session> {
    const now = this.#clock().toISOString()
    for (const session of this.#sessions.values()) if (session.expiresAt > now) yield session
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  async create({ seconds, ...given }: NewSession): Promise<Session> {
    await this.#removeOld()
    const now = this.#clock()
    const session: Session = {
      ...given,
      accessKeyId: newAccessKeyId('ASIA'),
      secret: newSecretAccessKey(),
      token: randomBytes(TOKEN_BYTES).toString('base64'),
      createdAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + seconds * 1000).toISOString(),
    }
    const { secret, token, ...rest } = session
    const sealed = seal(this.#masterKey, Buffer.from(JSON.stringify({ secret, token })), about(session.accessKeyId))
    await this.#db
      .insertInto('sts_sessions')
      .values({
        access_key_id: session.accessKeyId,
        expires_at: session.expiresAt,
        document: JSON.stringify({ ...rest, sealed: sealed.toString('base64') }),
      })
      .execute()
    this.#sessions.set(session.accessKeyId, session)
    for (const listener of this.#listeners) listener()
    return session
  }

  async #removeOld(): Promise<void> {
    const before = new Date(this.#clock().getTime() - KEPT_AFTER_END_MS).toISOString()
    const old = [...this.#sessions.values()].filter(({ expiresAt }) => expiresAt <= before)
    if (old.length === 0 && this.#sessions.size > 0) return
    await this.#db.deleteFrom('sts_sessions').where('expires_at', '<=', before).execute()
    for (const { accessKeyId } of old) this.#sessions.delete(accessKeyId)
  }
}

/** What was sealed opens only as that of its own session. */
function about(accessKeyId: string): Buffer {
  return Buffer.from(`sts session ${accessKeyId}`)
}
