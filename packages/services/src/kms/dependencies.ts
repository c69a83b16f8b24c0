import type { PrincipalNames } from '@millrace/policy/principal-names'
import type { Pages } from '../pages.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyStore } from './key-store.ts'

/** What the operations of kms work with. */
export interface KmsDependencies {
  readonly ring: KeyRing
  readonly store: KeyStore
  readonly names: PrincipalNames
  readonly pages: Pages
  readonly clock: () => Date
}
