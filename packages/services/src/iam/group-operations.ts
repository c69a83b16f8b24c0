import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Account, Group, User } from './entities.ts'
import { listPage, nameKey, underPath } from './lists.ts'
import { exists, inTheWay, requireGroup, requireUser, requireWithin } from './require.ts'
import { showGroup, showUser } from './shown.ts'
import { uniqueId } from './unique-id.ts'

const GROUPS_MAX = 300
const GROUPS_PER_USER_MAX = 10

export function groupOperations({ store, pages, clock }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateGroup: async ({ GroupName: name, Path: path = '/' }, { accountId }) =>
      store.change(accountId, (account) => {
        if (account.group.has(name.toLowerCase())) exists(`Group with name ${name} already exists.`)
        requireWithin('GroupsPerAccount', account.group.size + 1, GROUPS_MAX)
        const group: Group = {
          path,
          name,
          id: uniqueId('AGPA'),
          arn: `arn:aws:iam::${accountId}:group${path}${name}`,
          createdAt: clock().toISOString(),
          inline: {},
          attached: [],
        }
        return { writes: [{ put: 'group', entity: group }], answer: { Group: showGroup(group) } }
      }),

    GetGroup: async (input, context) => {
      const account = store.account(context.accountId)
      const group = requireGroup(account, input.GroupName)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['GetGroup', group.name],
        items: membersOf(account, group.name),
        sortKey: nameKey,
        show: showUser,
      })
      return { Group: showGroup(group), Users: shown, ...more }
    },

    ListGroups: async (input, context) => {
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListGroups', input.PathPrefix ?? ''],
        items: [...store.account(context.accountId).group.values()].filter(underPath(input.PathPrefix)),
        sortKey: nameKey,
        show: showGroup,
      })
      return { Groups: shown, ...more }
    },

    ListGroupsForUser: async (input, context) => {
      const account = store.account(context.accountId)
      const user = requireUser(account, input.UserName)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListGroupsForUser', user.name],
        items: user.groups.map((name) => requireGroup(account, name)),
        sortKey: nameKey,
        show: showGroup,
      })
      return { Groups: shown, ...more }
    },

    UpdateGroup: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = requireGroup(account, input.GroupName)
        const { NewGroupName: name = group.name, NewPath: path = group.path } = input
        const taken = account.group.get(name.toLowerCase())
        if (taken !== undefined && taken !== group) exists(`Group with name ${name} already exists.`)
        const members = membersOf(account, group.name)
        return {
          writes: [
            { remove: 'group', name: group.name },
            { put: 'group', entity: { ...group, name, path, arn: `arn:aws:iam::${accountId}:group${path}${name}` } },
            ...members.map(
              (user) => ({ put: 'user', entity: withGroup(withoutGroup(user, group.name), name) }) as const,
            ),
          ],
          answer: {},
        }
      }),

    DeleteGroup: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = requireGroup(account, input.GroupName)
        if (membersOf(account, group.name).length > 0)
          inTheWay('Cannot delete entity, must remove users from group first.')
        if (Object.keys(group.inline).length > 0) inTheWay('Cannot delete entity, must delete policies first.')
        if (group.attached.length > 0) inTheWay('Cannot delete entity, must detach all policies first.')
        return { writes: [{ remove: 'group', name: group.name }], answer: {} }
      }),

    AddUserToGroup: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = requireGroup(account, input.GroupName)
        const user = withGroup(requireUser(account, input.UserName), group.name)
        requireWithin('GroupsPerUser', user.groups.length, GROUPS_PER_USER_MAX)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),

    RemoveUserFromGroup: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const group = requireGroup(account, input.GroupName)
        const user = withoutGroup(requireUser(account, input.UserName), group.name)
        return { writes: [{ put: 'user', entity: user }], answer: {} }
      }),
  }
}

function membersOf(account: Account, groupName: string): User[] {
  return [...account.user.values()].filter(({ groups }) => groups.includes(groupName))
}

function withGroup(user: User, name: string): User {
  return user.groups.includes(name) ? user : { ...user, groups: [...user.groups, name] }
}

function withoutGroup(user: User, name: string): User {
  return { ...user, groups: user.groups.filter((group) => group !== name) }
}
