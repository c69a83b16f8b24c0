import type { PrincipalNames } from '@millrace/policy/principal-names'
import type { Pages } from '../pages.ts'
import type { SecretVault } from './secret-vault.ts'

/** What the operations of secretsmanager work with. */
export interface SecretsManagerDependencies {
  readonly vault: SecretVault
  readonly names: PrincipalNames
  readonly pages: Pages
  readonly clock: () => Date
}
