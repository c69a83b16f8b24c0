/** AWS Identity and Access Management: who there is in an account and what each may do. */
import type { RootCredentials } from '@millrace/aws/credentials'
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import { Pages } from '../pages.ts'
import { accessKeyOperations } from './access-key-operations.ts'
import { accountOperations } from './account-operations.ts'
import { attachmentOperations } from './attachment-operations.ts'
import type { IamDependencies } from './dependencies.ts'
import type { IamDirectory } from './directory.ts'
import { groupOperations } from './group-operations.ts'
import type { Identity } from './identity.ts'
import { inlinePolicyOperations } from './inline-policy-operations.ts'
import { instanceProfileOperations } from './instance-profile-operations.ts'
import { managedPolicyOperations } from './managed-policy-operations.ts'
import { roleOperations } from './role-operations.ts'
import { serviceLinkedRoleOperations } from './service-linked-roles.ts'
import { simulationOperations } from './simulation-operations.ts'
import { iamTargets } from './targets.ts'
import { userOperations } from './user-operations.ts'

export interface IamService {
  readonly service: Service
  /** Who there is and what each may do, for those who ask at every call. */
  readonly directory: IamDirectory
  /** For policies that name users and roles, whoever keeps them. */
  readonly names: PrincipalNames
}

export interface IamOptions {
  readonly identity: Identity
  readonly root: RootCredentials
  /** When this installation was set up. */
  readonly accountCreated: Date
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export function createIamService(options: IamOptions): IamService {
  const { identity, root, accountCreated, clock = () => new Date() } = options
  const pages = new Pages('ValidationException')
  const operations = iamOperations({ ...identity, root, pages, clock, accountCreated })
  const service = defineService(loadModel('iam'), operations, iamTargets(identity.store))
  return { service, directory: identity.directory, names: identity.names }
}

export function iamOperations(dependencies: IamDependencies): OperationHandlers<'iam'> {
  return {
    ...userOperations(dependencies),
    ...accessKeyOperations(dependencies),
    ...groupOperations(dependencies),
    ...roleOperations(dependencies),
    ...serviceLinkedRoleOperations(dependencies),
    ...managedPolicyOperations(dependencies),
    ...inlinePolicyOperations(dependencies),
    ...attachmentOperations(dependencies),
    ...instanceProfileOperations(dependencies),
    ...accountOperations(dependencies),
    ...simulationOperations(dependencies),
  }
}
