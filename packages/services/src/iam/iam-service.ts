import { loadModel } from '@millrace/aws/model'
import { defineService, type Service } from '@millrace/aws/service'
import { getUser } from './get-user.ts'
import { listAccountAliases } from './list-account-aliases.ts'
import { listRoles } from './list-roles.ts'
import { listUsers } from './list-users.ts'

/** AWS Identity and Access Management, as far as an account with root alone goes: what tools ask to find out who they are. */
export function createIamService(options: { readonly accountCreated: Date }): Service {
  return defineService(loadModel('iam'), {
    GetUser: getUser(options.accountCreated),
    ListAccountAliases: listAccountAliases,
    ListRoles: listRoles,
    ListUsers: listUsers,
  })
}
