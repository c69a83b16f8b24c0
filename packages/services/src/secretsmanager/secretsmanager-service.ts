/**
 * AWS Secrets Manager: secrets, their versions, tags and policies. Rotation by Lambda and replicas in other regions are not
 * served. `secrets` is the same for other parts of Millrace.
 */
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import type { Keys } from '../kms/keys.ts'
import type { KeyTarget } from '../kms/targets.ts'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { listOperations } from './list-operations.ts'
import { policyOperations } from './policy-operations.ts'
import { getRandomPassword } from './random-password.ts'
import { secretOperations } from './secret-operations.ts'
import { SecretStore } from './secret-store.ts'
import { SecretVault } from './secret-vault.ts'
import type { Secrets } from './secrets.ts'
import { tagOperations } from './tag-operations.ts'
import { secretsManagerTargets } from './targets.ts'
import { valueOperations } from './value-operations.ts'

export interface SecretsManagerService {
  readonly service: Service
  readonly secrets: Secrets
}

export interface SecretsManagerOptions {
  readonly database: Database
  readonly keys: Keys
  readonly keyTarget: KeyTarget
  readonly names: PrincipalNames
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export function createSecretsManagerService(options: SecretsManagerOptions): SecretsManagerService {
  const { database, keys, keyTarget, names, clock = () => new Date() } = options
  const vault = new SecretVault({ store: new SecretStore(database), keys, clock })
  const operations = secretsManagerOperations({ vault, names, clock, pages: new Pages('InvalidNextTokenException') })
  return {
    service: defineService(loadModel('secretsmanager'), operations, secretsManagerTargets(vault, keyTarget)),
    secrets: vault,
  }
}

export function secretsManagerOperations(
  dependencies: SecretsManagerDependencies,
): OperationHandlers<'secretsmanager'> {
  return {
    ...secretOperations(dependencies),
    ...valueOperations(dependencies),
    ...listOperations(dependencies),
    ...tagOperations(dependencies),
    ...policyOperations(dependencies),
    GetRandomPassword: getRandomPassword,
  }
}
