/**
 * Whose secret belongs to an access key id. The front door asks on every call; what it keeps itself are only signing keys
 * derived for a day.
 */
import { noPolicies, type PrincipalPolicies } from '@millrace/policy/principal-policies'
import { principalValues, type KeyValues } from '@millrace/policy/principal-values'
import type { Principal } from '@millrace/policy/principal'

export interface Credential {
  readonly accessKeyId: string
  readonly secret: string
  /** Of temporary credentials: the token that must come with the signature. Null: long-term, a token sent along is ignored. */
  readonly sessionToken: string | null
  /** Of temporary credentials, ms since the epoch. */
  readonly expiresAtMs: number | null
  readonly principal: Principal
  /** Root needs none. */
  readonly policies: PrincipalPolicies
  /** The condition keys that it brings to every request, in lower case: aws:principalarn, aws:username, aws:principaltag/… */
  readonly values: KeyValues
  /** Of GetSessionToken and GetFederationToken: such a session calls neither iam nor most of sts. Left out: any other. */
  readonly restricted?: 'session-token' | 'federation-token'
}

export interface CredentialStore {
  /** Null: unknown or deactivated. */
  lookup(accessKeyId: string): Credential | null | Promise<Credential | null>
}

export interface RootCredentialOptions {
  /** `test`/`test` is root of account 000000000000, and any twelve digits with the secret `test` are root of that account. Everybody knows them: loopback only. */
  readonly acceptTest: boolean
  /** Generated root credentials. */
  readonly keys?: readonly { readonly accessKeyId: string; readonly secret: string; readonly accountId: string }[]
}

export const TEST_ACCESS_KEY_ID = 'test'
export const TEST_SECRET = 'test'
export const TEST_ACCOUNT_ID = '000000000000'

/** Root of each account, and nobody else. */
export class RootCredentials implements CredentialStore {
  readonly #acceptTest: boolean
  readonly #keys: ReadonlyMap<string, Credential>

  constructor(options: RootCredentialOptions) {
    this.#acceptTest = options.acceptTest
    this.#keys = new Map(
      (options.keys ?? []).map((key) => [key.accessKeyId, rootCredential(key.accessKeyId, key.secret, key.accountId)]),
    )
  }

  /** Of one account; of all known accounts without. Of the accounts whose twelve digits are their key only those asked for are told. */
  *credentials(accountId?: string): Iterable<Credential> {
    const own = [...this.#keys.values()]
    if (this.#acceptTest) own.push(rootCredential(TEST_ACCESS_KEY_ID, TEST_SECRET, TEST_ACCOUNT_ID))
    if (this.#acceptTest && accountId !== undefined) own.push(rootCredential(accountId, TEST_SECRET, accountId))
    for (const credential of own)
      if (accountId === undefined || credential.principal.accountId === accountId) yield credential
  }

  lookup(accessKeyId: string): Credential | null {
    const own = this.#keys.get(accessKeyId)
    if (own !== undefined) return own
    if (!this.#acceptTest) return null
    if (accessKeyId === TEST_ACCESS_KEY_ID) return rootCredential(accessKeyId, TEST_SECRET, TEST_ACCOUNT_ID)
    return /^[0-9]{12}$/.test(accessKeyId) ? rootCredential(accessKeyId, TEST_SECRET, accessKeyId) : null
  }
}

function rootCredential(accessKeyId: string, secret: string, accountId: string): Credential {
  const principal: Principal = { type: 'root', arn: `arn:aws:iam::${accountId}:root`, userId: accountId, accountId }
  return {
    accessKeyId,
    secret,
    sessionToken: null,
    expiresAtMs: null,
    principal,
    policies: noPolicies,
    values: principalValues(principal),
  }
}
