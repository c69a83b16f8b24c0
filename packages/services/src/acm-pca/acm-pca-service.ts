/**
 * AWS Private Certificate Authority: root and subordinate authorities with RSA and EC keys, and what they issue.
 * `authorities` is the same for other parts of Millrace.
 */
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { authorityOperations } from './authority-operations.ts'
import { AuthorityStore } from './authority-store.ts'
import { AuthorityVault } from './authority-vault.ts'
import { certificateOperations } from './certificate-operations.ts'
import type { AcmPcaDependencies } from './dependencies.ts'
import type { PrivateAuthorities } from './private-authorities.ts'
import { acmPcaTargets } from './targets.ts'
import { tagOperations } from './tag-operations.ts'

export interface AcmPcaService {
  readonly service: Service
  readonly authorities: PrivateAuthorities
}

export interface AcmPcaOptions {
  readonly database: Database
  readonly masterKey: Uint8Array
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export function createAcmPcaService({ database, masterKey, clock = () => new Date() }: AcmPcaOptions): AcmPcaService {
  const store = new AuthorityStore(database)
  const vault = new AuthorityVault({ store, masterKey, clock })
  const operations = acmPcaOperations({ vault, store, clock, pages: new Pages('InvalidNextTokenException') })
  return { service: defineService(loadModel('acm-pca'), operations, acmPcaTargets(store)), authorities: vault }
}

export function acmPcaOperations(dependencies: AcmPcaDependencies): OperationHandlers<'acm-pca'> {
  return {
    ...authorityOperations(dependencies),
    ...certificateOperations(dependencies),
    ...tagOperations(dependencies),
  }
}
