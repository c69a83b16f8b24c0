/**
 * Whose key is it, and what may its owner do? The one answer to both, for the front door at every call and for the brokers'
 * snapshots: root's keys, users' keys, and sessions. Policies are those of this moment.
 */
import type { Credential, CredentialStore, RootCredentials } from '@millrace/aws/credentials'
import { principalValues } from '@millrace/policy/principal-values'
import type { SessionStore } from '../sts/session.ts'
import { sessionCredential, subjectOf } from '../sts/session-credential.ts'
import type { EffectivePolicies } from './effective-policies.ts'
import type { IamStore } from './iam-store.ts'
import { userPrincipal } from './principals.ts'

export interface IamDirectory extends CredentialStore {
  lookup(accessKeyId: string): Credential | null
  /** All active keys and live sessions, of one account or of all. A twelve-digit key is told only when its account is asked for. */
  credentials(accountId?: string): Iterable<Credential>
  /** Called after a change of keys, sessions or policies: what `credentials` gives may be another. Returns how to unsubscribe. */
  onChange(listener: () => void): () => void
}

export interface DirectoryOptions {
  readonly store: IamStore
  readonly sessions: SessionStore
  readonly policies: EffectivePolicies
  readonly root: RootCredentials
}

export class Directory implements IamDirectory {
  readonly #store: IamStore
  readonly #sessions: SessionStore
  readonly #policies: EffectivePolicies
  readonly #root: RootCredentials
  readonly #listeners = new Set<() => void>()
  /** By access key id; thrown away at every change. */
  readonly #known = new Map<string, Credential>()

  constructor({ store, sessions, policies, root }: DirectoryOptions) {
    this.#store = store
    this.#sessions = sessions
    this.#policies = policies
    this.#root = root
    store.onChange(() => {
      this.#known.clear()
      this.#tell()
    })
    sessions.onChange(() => this.#tell())
  }

  lookup(accessKeyId: string): Credential | null {
    const known = this.#known.get(accessKeyId)
    if (known !== undefined) return known
    const root = this.#root.lookup(accessKeyId)
    if (root !== null) return root
    const found = accessKeyId.startsWith('ASIA')
      ? this.#sessionCredential(accessKeyId)
      : this.#userCredential(accessKeyId)
    if (found !== null) this.#known.set(accessKeyId, found)
    return found
  }

  *credentials(accountId?: string): Iterable<Credential> {
    yield* this.#root.credentials(accountId)
    for (const account of this.#store.accounts()) {
      if (accountId === undefined || account.accountId === accountId) yield* this.#all(account['access-key'].keys())
    }
    for (const session of this.#sessions.live()) {
      if (accountId === undefined || session.accountId === accountId) yield* this.#all([session.accessKeyId])
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  *#all(accessKeyIds: Iterable<string>): Iterable<Credential> {
    for (const accessKeyId of accessKeyIds) {
      const credential = this.lookup(accessKeyId)
      if (credential !== null) yield credential
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Null: unknown, or not active. */
  #userCredential(accessKeyId: string): Credential | null {
    const found = this.#store.accessKey(accessKeyId)
    if (found === null || found.key.status !== 'Active') return null
    const { account, key } = found
    const user = account.user.get(key.userName.toLowerCase())
    if (user === undefined) return null
    const principal = userPrincipal(account, user)
    return {
      accessKeyId: key.name,
      secret: key.secret,
      sessionToken: null,
      expiresAtMs: null,
      principal,
      policies: this.#policies.ofUser(account, user),
      values: principalValues(principal, user.tags),
    }
  }

  /** Null: unknown, or the user or role is gone. */
  #sessionCredential(accessKeyId: string): Credential | null {
    const session = this.#sessions.get(accessKeyId)
    if (session === null) return null
    const account = this.#store.account(session.accountId)
    const subject = subjectOf(account, session)
    return subject === null ? null : sessionCredential(account, session, subject, this.#policies)
  }
}
