/** AWS Identity and Access Management: who there is in an account and what each may do. `directory` is the same for those who ask at every call. */
import type { RootCredentials } from '@millrace/aws/credentials'
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service } from '@millrace/aws/service'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { accessKeyOperations } from './access-key-operations.ts'
import { accountOperations } from './account-operations.ts'
import { attachmentOperations } from './attachment-operations.ts'
import type { IamDependencies } from './dependencies.ts'
import { Directory, type IamDirectory } from './directory.ts'
import { EffectivePolicies } from './effective-policies.ts'
import { groupOperations } from './group-operations.ts'
import { IamStore } from './iam-store.ts'
import { inlinePolicyOperations } from './inline-policy-operations.ts'
import { instanceProfileOperations } from './instance-profile-operations.ts'
import { managedPolicyOperations } from './managed-policy-operations.ts'
import { PolicyDocuments } from './policy-documents.ts'
import { roleOperations } from './role-operations.ts'
import { serviceLinkedRoleOperations } from './service-linked-roles.ts'
import { userOperations } from './user-operations.ts'

export interface IamService {
  readonly service: Service
  readonly directory: IamDirectory
}

export interface IamOptions {
  readonly database: Database
  readonly masterKey: Uint8Array
  readonly root: RootCredentials
  readonly accountCreated: Date
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export async function openIamService(options: IamOptions): Promise<IamService> {
  const { database, masterKey, root, accountCreated, clock = () => new Date() } = options
  const store = await IamStore.open(database, masterKey)
  const documents = new PolicyDocuments()
  const policies = new EffectivePolicies(documents)
  const directory = new Directory({ store, policies, root })
  const pages = new Pages('ValidationException')
  const operations = iamOperations({ store, documents, policies, directory, root, pages, clock, accountCreated })
  return { service: defineService(loadModel('iam'), operations), directory }
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
  }
}
