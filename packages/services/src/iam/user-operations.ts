import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Account, User } from './entities.ts'
import { listPage, nameKey, underPath } from './lists.ts'
import { exists, inTheWay, invalid, requirePolicy, requireUser, requireWithin } from './require.ts'
import { showUser } from './shown.ts'
import { tagList, withoutTags, withTags } from './tags.ts'
import { uniqueId } from './unique-id.ts'

const USERS_MAX = 5000

export function userOperations(dependencies: IamDependencies): OperationHandlers<'iam'> {
  const { store, pages, clock, accountCreated } = dependencies
  return {
    CreateUser: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const { UserName: name, Path: path = '/', PermissionsBoundary: boundary = null } = input
        if (account.user.has(name.toLowerCase())) exists(`User with name ${name} already exists.`)
        requireWithin('UsersPerAccount', account.user.size + 1, USERS_MAX)
        if (boundary !== null) requirePolicy(account, boundary)
        const user: User = {
          path,
          name,
          id: uniqueId('AIDA'),
          arn: `arn:aws:iam::${accountId}:user${path}${name}`,
          createdAt: clock().toISOString(),
          tags: withTags({}, input.Tags),
          inline: {},
          attached: [],
          boundary,
          groups: [],
        }
        return { writes: [{ put: 'user', entity: user }], answer: { User: showUser(user) } }
      }),

    /** Without a name: the caller. For root AWS answers the account id as user id. */
    GetUser: async (input, context) => {
      const { principal, accountId } = context
      if (input.UserName === undefined && principal.type === 'root') {
        return {
          User: {
            Path: '/',
            UserName: 'root',
            UserId: principal.userId,
            Arn: principal.arn,
            CreateDate: accountCreated,
          },
        }
      }
      const account = store.account(accountId)
      return { User: showUser(requireUser(account, input.UserName ?? callingUser(account, context))) }
    },

    ListUsers: async (input, context) => {
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListUsers', input.PathPrefix ?? ''],
        items: [...store.account(context.accountId).user.values()].filter(underPath(input.PathPrefix)),
        sortKey: nameKey,
        show: showUser,
      })
      return { Users: shown, ...more }
    },

    UpdateUser: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        const { NewUserName: name = user.name, NewPath: path = user.path } = input
        const taken = account.user.get(name.toLowerCase())
        if (taken !== undefined && taken !== user) exists(`User with name ${name} already exists.`)
        const changed = { ...user, name, path, arn: `arn:aws:iam::${accountId}:user${path}${name}` }
        const keys = [...account['access-key'].values()].filter(({ userName }) => userName === user.name)
        return {
          writes: [
            { remove: 'user', name: user.name },
            { put: 'user', entity: changed },
            ...keys.map((key) => ({ put: 'access-key', entity: { ...key, userName: name } }) as const),
          ],
          answer: {},
        }
      }),

    DeleteUser: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        if ([...account['access-key'].values()].some(({ userName }) => userName === user.name))
          inTheWay('Cannot delete entity, must delete access keys first.')
        if (Object.keys(user.inline).length > 0) inTheWay('Cannot delete entity, must delete policies first.')
        if (user.attached.length > 0) inTheWay('Cannot delete entity, must detach all policies first.')
        if (user.groups.length > 0) inTheWay('Cannot delete entity, must remove users from group first.')
        return { writes: [{ remove: 'user', name: user.name }], answer: {} }
      }),

    TagUser: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        return { writes: [{ put: 'user', entity: { ...user, tags: withTags(user.tags, input.Tags) } }], answer: {} }
      }),

    UntagUser: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const user = requireUser(account, input.UserName)
        const tags = withoutTags(user.tags, input.TagKeys)
        return { writes: [{ put: 'user', entity: { ...user, tags } }], answer: {} }
      }),

    ListUserTags: async (input, { accountId }) => ({
      Tags: tagList(requireUser(store.account(accountId), input.UserName).tags),
      IsTruncated: false,
    }),
  }
}

/** The name of the user who calls; a role or root has none. */
export function callingUser(account: Account, { principal }: CallContext): string {
  const user = [...account.user.values()].find(({ arn }) => principal.type === 'user' && arn === principal.arn)
  return user?.name ?? invalid('Must specify userName when calling with non-User credentials')
}
