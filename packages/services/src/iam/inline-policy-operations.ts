import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Group, Role, User } from './entities.ts'
import { listPage, type ListRequest } from './lists.ts'
import { requireInline, withInline, withoutInline } from './policy-holders.ts'
import { requireGroup, requireRole, requireUser } from './require.ts'
import { requireUnlinked } from './service-linked-roles.ts'
import { encodeDocument } from './shown.ts'

export function inlinePolicyOperations({ store, documents, pages }: IamDependencies): OperationHandlers<'iam'> {
  const namesOf = (holder: User | Group | Role, request: ListRequest, context: CallContext) => {
    const { shown, more } = listPage({
      pages,
      request,
      context,
      of: ['ListInlinePolicies', holder.arn],
      items: Object.keys(holder.inline),
      sortKey: (name) => name,
      show: (name) => name,
    })
    return { PolicyNames: shown, ...more }
  }
  return {
    PutUserPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        return { writes: [{ put: 'user', entity: withInline(user, 'user', documents, input) }], answer: {} }
      }),
    PutGroupPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = requireGroup(account, input.GroupName)
        return { writes: [{ put: 'group', entity: withInline(group, 'group', documents, input) }], answer: {} }
      }),
    PutRolePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        return { writes: [{ put: 'role', entity: withInline(role, 'role', documents, input) }], answer: {} }
      }),

    GetUserPolicy: async ({ UserName, PolicyName }, { accountId }) => {
      const text = requireInline(requireUser(store.account(accountId), UserName), 'user', PolicyName)
      return { UserName, PolicyName, PolicyDocument: encodeDocument(text) }
    },
    GetGroupPolicy: async ({ GroupName, PolicyName }, { accountId }) => {
      const text = requireInline(requireGroup(store.account(accountId), GroupName), 'group', PolicyName)
      return { GroupName, PolicyName, PolicyDocument: encodeDocument(text) }
    },
    GetRolePolicy: async ({ RoleName, PolicyName }, { accountId }) => {
      const text = requireInline(requireRole(store.account(accountId), RoleName), 'role', PolicyName)
      return { RoleName, PolicyName, PolicyDocument: encodeDocument(text) }
    },

    DeleteUserPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = withoutInline(requireUser(account, input.UserName), 'user', input.PolicyName)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),
    DeleteGroupPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = withoutInline(requireGroup(account, input.GroupName), 'group', input.PolicyName)
        return { writes: [{ put: 'group', entity: group }], answer: {} }
      }),
    DeleteRolePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = withoutInline(requireUnlinked(requireRole(account, input.RoleName)), 'role', input.PolicyName)
        return { writes: [{ put: 'role', entity: role }], answer: {} }
      }),

    ListUserPolicies: async (input, context) =>
      namesOf(requireUser(store.account(context.accountId), input.UserName), input, context),
    ListGroupPolicies: async (input, context) =>
      namesOf(requireGroup(store.account(context.accountId), input.GroupName), input, context),
    ListRolePolicies: async (input, context) =>
      namesOf(requireRole(store.account(context.accountId), input.RoleName), input, context),
  }
}
