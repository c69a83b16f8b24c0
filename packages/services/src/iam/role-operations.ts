import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Role } from './entities.ts'
import { listPage, nameKey, underPath } from './lists.ts'
import { exists, inTheWay, requirePolicy, requireRole, requireWithin } from './require.ts'
import { requireUnlinked } from './service-linked-roles.ts'
import { showRole } from './shown.ts'
import { tagList, withoutTags, withTags } from './tags.ts'
import { trustPolicy } from './trust-policy.ts'
import { uniqueId } from './unique-id.ts'

const ROLES_MAX = 1000
const SESSION_SECONDS_DEFAULT = 3600

export function roleOperations({ store, documents, names, pages, clock }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const { RoleName: name, Path: path = '/', PermissionsBoundary: boundary = null } = input
        if (account.role.has(name.toLowerCase())) exists(`Role with name ${name} already exists.`)
        requireWithin('RolesPerAccount', account.role.size + 1, ROLES_MAX)
        const trust = trustPolicy(documents, names, input.AssumeRolePolicyDocument)
        if (boundary !== null) requirePolicy(account, boundary)
        const role: Role = {
          path,
          name,
          id: uniqueId('AROA'),
          arn: `arn:aws:iam::${accountId}:role${path}${name}`,
          createdAt: clock().toISOString(),
          tags: withTags({}, input.Tags),
          inline: {},
          attached: [],
          boundary,
          description: input.Description ?? null,
          trust,
          maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
          lastUsed: null,
          linkedService: null,
        }
        return { writes: [{ put: 'role', entity: role }], answer: { Role: showRole(role, names) } }
      }),

    GetRole: async (input, { accountId }) => ({
      Role: showRole(requireRole(store.account(accountId), input.RoleName), names),
    }),

    ListRoles: async (input, context) => {
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListRoles', input.PathPrefix ?? ''],
        items: [...store.account(context.accountId).role.values()].filter(underPath(input.PathPrefix)),
        sortKey: nameKey,
        show: (role) => showRole(role, names),
      })
      return { Roles: shown, ...more }
    },

    UpdateRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        const {
          Description: description = role.description,
          MaxSessionDuration: maxSessionSeconds = role.maxSessionSeconds,
        } = input
        return { writes: [{ put: 'role', entity: { ...role, description, maxSessionSeconds } }], answer: {} }
      }),

    UpdateRoleDescription: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = { ...requireRole(account, input.RoleName), description: input.Description }
        return { writes: [{ put: 'role', entity: role }], answer: { Role: showRole(role, names) } }
      }),

    UpdateAssumeRolePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        const trust = trustPolicy(documents, names, input.PolicyDocument)
        return { writes: [{ put: 'role', entity: { ...role, trust } }], answer: {} }
      }),

    DeleteRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireUnlinked(requireRole(account, input.RoleName))
        if ([...account['instance-profile'].values()].some(({ roleName }) => roleName === role.name))
          inTheWay('Cannot delete entity, must remove roles from instance profile first.')
        if (role.attached.length > 0) inTheWay('Cannot delete entity, must detach all policies first.')
        if (Object.keys(role.inline).length > 0) inTheWay('Cannot delete entity, must delete policies first.')
        return { writes: [{ remove: 'role', name: role.name }], answer: {} }
      }),

    TagRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireRole(account, input.RoleName)
        return { writes: [{ put: 'role', entity: { ...role, tags: withTags(role.tags, input.Tags) } }], answer: {} }
      }),

    UntagRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireRole(account, input.RoleName)
        const tags = withoutTags(role.tags, input.TagKeys)
        return { writes: [{ put: 'role', entity: { ...role, tags } }], answer: {} }
      }),

    ListRoleTags: async (input, { accountId }) => ({
      Tags: tagList(requireRole(store.account(accountId), input.RoleName).tags),
      IsTruncated: false,
    }),
  }
}
