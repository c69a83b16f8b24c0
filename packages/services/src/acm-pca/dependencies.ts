import type { Pages } from '../pages.ts'
import type { AuthorityStore } from './authority-store.ts'
import type { AuthorityVault } from './authority-vault.ts'

/** What the operations of acm-pca work with. */
export interface AcmPcaDependencies {
  readonly vault: AuthorityVault
  readonly store: AuthorityStore
  readonly pages: Pages
  readonly clock: () => Date
}
