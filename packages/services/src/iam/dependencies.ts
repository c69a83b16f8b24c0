import type { RootCredentials } from '@millrace/aws/credentials'
import type { Pages } from '../pages.ts'
import type { Directory } from './directory.ts'
import type { EffectivePolicies } from './effective-policies.ts'
import type { IamStore } from './iam-store.ts'
import type { PolicyDocuments } from './policy-documents.ts'

/** What the operations of iam work with. */
export interface IamDependencies {
  readonly store: IamStore
  readonly documents: PolicyDocuments
  readonly policies: EffectivePolicies
  readonly directory: Directory
  readonly root: RootCredentials
  readonly pages: Pages
  readonly clock: () => Date
  /** When this installation was set up: root's creation date. */
  readonly accountCreated: Date
}
