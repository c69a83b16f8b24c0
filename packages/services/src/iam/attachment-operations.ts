/** Managed policies attached to users, groups and roles, and the permissions boundaries of users and roles. */
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Account, Group, Role, User } from './entities.ts'
import { listPage, underPath, type ListRequest } from './lists.ts'
import { withAttached, withBoundary, withoutAttached } from './policy-holders.ts'
import { missing, requireGroup, requirePolicy, requireRole, requireUser } from './require.ts'
import { requireUnlinked } from './service-linked-roles.ts'

interface AttachedRequest extends ListRequest {
  readonly PathPrefix?: string | undefined
}

export function attachmentOperations({ store, pages }: IamDependencies): OperationHandlers<'iam'> {
  const attachedTo = (
    account: Account,
    holder: User | Group | Role,
    request: AttachedRequest,
    context: CallContext,
  ) => {
    const { shown, more } = listPage({
      pages,
      request,
      context,
      of: ['ListAttachedPolicies', holder.arn, request.PathPrefix ?? ''],
      items: holder.attached.map((arn) => requirePolicy(account, arn)).filter(underPath(request.PathPrefix)),
      sortKey: ({ arn }) => arn,
      show: ({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }),
    })
    return { AttachedPolicies: shown, ...more }
  }
  return {
    AttachUserPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = withAttached(requireUser(account, input.UserName), 'user', account, input.PolicyArn)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),
    AttachGroupPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = withAttached(requireGroup(account, input.GroupName), 'group', account, input.PolicyArn)
        return { writes: [{ put: 'group', entity: group }], answer: {} }
      }),
    AttachRolePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        return { writes: [{ put: 'role', entity: withAttached(role, 'role', account, input.PolicyArn) }], answer: {} }
      }),

    DetachUserPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = withoutAttached(requireUser(account, input.UserName), input.PolicyArn)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),
    DetachGroupPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = withoutAttached(requireGroup(account, input.GroupName), input.PolicyArn)
        return { writes: [{ put: 'group', entity: group }], answer: {} }
      }),
    DetachRolePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = withoutAttached(requireUnlinked(requireRole(account, input.RoleName)), input.PolicyArn)
        return { writes: [{ put: 'role', entity: role }], answer: {} }
      }),

    ListAttachedUserPolicies: async (input, context) => {
      const account = store.account(context.accountId)
      return attachedTo(account, requireUser(account, input.UserName), input, context)
    },
    ListAttachedGroupPolicies: async (input, context) => {
      const account = store.account(context.accountId)
      return attachedTo(account, requireGroup(account, input.GroupName), input, context)
    },
    ListAttachedRolePolicies: async (input, context) => {
      const account = store.account(context.accountId)
      return attachedTo(account, requireRole(account, input.RoleName), input, context)
    },

    PutUserPermissionsBoundary: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = withBoundary(requireUser(account, input.UserName), account, input.PermissionsBoundary)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),
    PutRolePermissionsBoundary: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        return { writes: [{ put: 'role', entity: withBoundary(role, account, input.PermissionsBoundary) }], answer: {} }
      }),
    DeleteUserPermissionsBoundary: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        if (user.boundary === null) missing(`User ${user.name} has no permissions boundary.`)
        return { writes: [{ put: 'user', entity: { ...user, boundary: null } }], answer: {} }
      }),
    DeleteRolePermissionsBoundary: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        if (role.boundary === null) missing(`Role ${role.name} has no permissions boundary.`)
        return { writes: [{ put: 'role', entity: { ...role, boundary: null } }], answer: {} }
      }),
  }
}
