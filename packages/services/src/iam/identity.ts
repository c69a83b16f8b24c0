/** The state that iam and sts share: who there is, what they may do, and the sessions under way. */
import type { RootCredentials } from '@millrace/aws/credentials'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import type { Database } from '../store/database.ts'
import { SessionStore } from '../sts/session.ts'
import { Directory } from './directory.ts'
import { EffectivePolicies } from './effective-policies.ts'
import { IamStore } from './iam-store.ts'
import { PolicyDocuments } from './policy-documents.ts'
import { principalNames } from './principal-names.ts'

export interface Identity {
  readonly store: IamStore
  readonly sessions: SessionStore
  readonly documents: PolicyDocuments
  readonly policies: EffectivePolicies
  readonly directory: Directory
  /** For all policies that resources have, whoever keeps them. */
  readonly names: PrincipalNames
}

export interface IdentityOptions {
  readonly database: Database
  readonly masterKey: Uint8Array
  readonly root: RootCredentials
  readonly clock: () => Date
}

export async function openIdentity({ database, masterKey, root, clock }: IdentityOptions): Promise<Identity> {
  const store = await IamStore.open(database, masterKey)
  const sessions = await SessionStore.open(database, masterKey, clock)
  const documents = new PolicyDocuments()
  const policies = new EffectivePolicies(documents)
  const directory = new Directory({ store, sessions, policies, root })
  return { store, sessions, documents, policies, directory, names: principalNames(store) }
}
