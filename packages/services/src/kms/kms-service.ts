/**
 * AWS Key Management Service: symmetric keys, what they encrypt, their aliases, policies, grants, rotation and deletion.
 * `keys` is the same for other parts of Millrace.
 */
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { aliasOperations } from './alias-operations.ts'
import { cryptographicOperations } from './cryptographic-operations.ts'
import type { KmsDependencies } from './dependencies.ts'
import { grantOperations } from './grant-operations.ts'
import { keyOperations } from './key-operations.ts'
import { KeyRing } from './key-ring.ts'
import { KeyStore } from './key-store.ts'
import type { Keys } from './keys.ts'
import { policyOperations } from './policy-operations.ts'
import { serviceGrants, type ServiceGrants } from './service-grants.ts'
import { rotationOperations } from './rotation-operations.ts'
import { tagOperations } from './tag-operations.ts'
import { keyTargets, kmsTargets, type KeyTarget } from './targets.ts'

export interface KmsService {
  readonly service: Service
  readonly keys: Keys
  /** For services that use customer keys for what their callers made. */
  readonly grants: ServiceGrants
  /** For services that use a key on behalf of their caller. */
  readonly keyTarget: KeyTarget
}

export interface KmsOptions {
  readonly database: Database
  readonly masterKey: Uint8Array
  readonly names: PrincipalNames
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export function createKmsService({ database, masterKey, names, clock = () => new Date() }: KmsOptions): KmsService {
  const store = new KeyStore(database)
  const ring = new KeyRing({ store, masterKey, clock })
  const keyTarget = keyTargets({ ring, store })
  const operations = kmsOperations({ ring, store, names, clock, pages: new Pages('InvalidMarkerException') })
  const grants = serviceGrants({ ring, store, clock })
  return { service: defineService(loadModel('kms'), operations, kmsTargets(keyTarget)), keys: ring, grants, keyTarget }
}

export function kmsOperations(dependencies: KmsDependencies): OperationHandlers<'kms'> {
  return {
    ...keyOperations(dependencies),
    ...cryptographicOperations(dependencies),
    ...aliasOperations(dependencies),
    ...policyOperations(dependencies),
    ...rotationOperations(dependencies),
    ...grantOperations(dependencies),
    ...tagOperations(dependencies),
  }
}
