import type { RootCredentials } from '@millrace/aws/credentials'
import type { Pages } from '../pages.ts'
import type { Identity } from './identity.ts'

/** What the operations of iam work with. */
export interface IamDependencies extends Identity {
  readonly root: RootCredentials
  readonly pages: Pages
  readonly clock: () => Date
  /** When this installation was set up: root's creation date. */
  readonly accountCreated: Date
}
