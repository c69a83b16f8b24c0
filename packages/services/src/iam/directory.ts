/**
 * Whose key is it, and what may its owner do? The one answer to both, for the front door at every call and for the brokers'
 * snapshots: root's keys, users' keys, and sessions. Policies are those of this moment.
 */
import type { Credential, CredentialStore, RootCredentials } from '@millrace/aws/credentials'
import type { Principal } from '@millrace/policy/principal'
import { principalValues } from '@millrace/policy/principal-values'
import type { AccessKey } from './access-key.ts'
import type { EffectivePolicies } from './effective-policies.ts'
import type { Account, User } from './entities.ts'
import type { IamStore } from './iam-store.ts'

export interface IamDirectory extends CredentialStore {
  lookup(accessKeyId: string): Credential | null
  /** All active keys and live sessions, of one account or of all. A twelve-digit key is told only when its account is asked for. */
  credentials(accountId?: string): Iterable<Credential>
  /** Called after a change of keys, sessions or policies: what `credentials` gives may be another. Returns how to unsubscribe. */
  onChange(listener: () => void): () => void
}

export interface DirectoryOptions {
  readonly store: IamStore
  readonly policies: EffectivePolicies
  readonly root: RootCredentials
}

export class Directory implements IamDirectory {
  readonly #store: IamStore
  readonly #policies: EffectivePolicies
  readonly #root: RootCredentials
  /** By access key id; thrown away at every change. */
  readonly #known = new Map<string, Credential>()

  constructor({ store, policies, root }: DirectoryOptions) {
    this.#store = store
    this.#policies = policies
    this.#root = root
    store.onChange(() => this.#known.clear())
  }

  lookup(accessKeyId: string): Credential | null {
    const known = this.#known.get(accessKeyId)
    if (known !== undefined) return known
    const found = this.#root.lookup(accessKeyId) ?? this.#userCredential(accessKeyId)
    if (found !== null && found.principal.type !== 'root') this.#known.set(accessKeyId, found)
    return found
  }

  *credentials(accountId?: string): Iterable<Credential> {
    yield* this.#root.credentials(accountId)
    for (const account of this.#store.accounts()) {
      if (accountId !== undefined && account.accountId !== accountId) continue
      for (const accessKeyId of account['access-key'].keys()) {
        const credential = this.lookup(accessKeyId)
        if (credential !== null) yield credential
      }
    }
  }

  onChange(listener: () => void): () => void {
    return this.#store.onChange(listener)
  }

  /** Null: unknown, or not active. */
  #userCredential(accessKeyId: string): Credential | null {
    const found = this.#store.accessKey(accessKeyId)
    if (found === null || found.key.status !== 'Active') return null
    const user = found.account.user.get(found.key.userName.toLowerCase())
    return user === undefined ? null : this.#credentialOf(found.account, user, found.key)
  }

  #credentialOf(account: Account, user: User, key: AccessKey): Credential {
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
}

export function userPrincipal({ accountId }: Account, user: User): Principal {
  return { type: 'user', arn: user.arn, userId: user.id, accountId }
}
