import type { OperationHandlers } from '@millrace/aws/service'
import type { AccessKey } from './access-key.ts'
import type { IamDependencies } from './dependencies.ts'
import type { Account } from './entities.ts'
import { listPage, nameKey } from './lists.ts'
import { missing, requireUser, requireWithin } from './require.ts'
import { showKey } from './shown.ts'
import { newAccessKeyId, newSecretAccessKey } from './unique-id.ts'
import { callingUser } from './user-operations.ts'

const KEYS_PER_USER_MAX = 2

/** Without a user name all of these are about the caller. */
export function accessKeyOperations({ store, pages, clock }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateAccessKey: async (input, context) =>
      store.change(context.accountId, (account) => {
        const user = requireUser(account, input.UserName ?? callingUser(account, context))
        requireWithin('AccessKeysPerUser', keysOf(account, user.name).length + 1, KEYS_PER_USER_MAX)
        const key: AccessKey = {
          name: newAccessKeyId('AKIA'),
          userName: user.name,
          status: 'Active',
          createdAt: clock().toISOString(),
          secret: newSecretAccessKey(),
          lastUsed: null,
        }
        return {
          writes: [{ put: 'access-key', entity: key }],
          answer: { AccessKey: { ...showKey(key), SecretAccessKey: key.secret } },
        }
      }),

    ListAccessKeys: async (input, context) => {
      const account = store.account(context.accountId)
      const user = requireUser(account, input.UserName ?? callingUser(account, context))
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListAccessKeys', user.name],
        items: keysOf(account, user.name),
        sortKey: nameKey,
        show: showKey,
      })
      return { AccessKeyMetadata: shown, ...more }
    },

    UpdateAccessKey: async (input, context) =>
      store.change(context.accountId, (account) => {
        const key = requireKey(account, input.UserName ?? callingUser(account, context), input.AccessKeyId)
        // `Expired` is AWS's own to say.
        const status = input.Status === 'Active' ? 'Active' : 'Inactive'
        return { writes: [{ put: 'access-key', entity: { ...key, status } }], answer: {} }
      }),

    DeleteAccessKey: async (input, context) =>
      store.change(context.accountId, (account) => {
        const key = requireKey(account, input.UserName ?? callingUser(account, context), input.AccessKeyId)
        return { writes: [{ remove: 'access-key', name: key.name }], answer: {} }
      }),

    GetAccessKeyLastUsed: async (input, { accountId }) => {
      const key = store.account(accountId)['access-key'].get(input.AccessKeyId)
      if (key === undefined) return missing(`The Access Key with id ${input.AccessKeyId} cannot be found.`)
      const { lastUsed } = key
      return {
        UserName: key.userName,
        AccessKeyLastUsed:
          lastUsed === null
            ? { ServiceName: 'N/A', Region: 'N/A' }
            : { LastUsedDate: new Date(lastUsed.at), ServiceName: lastUsed.service, Region: lastUsed.region },
      }
    },
  }
}

function keysOf(account: Account, userName: string): AccessKey[] {
  return [...account['access-key'].values()].filter((key) => key.userName === userName)
}

function requireKey(account: Account, userName: string, accessKeyId: string): AccessKey {
  const user = requireUser(account, userName)
  const key = account['access-key'].get(accessKeyId)
  return key?.userName === user.name ? key : missing(`The Access Key with id ${accessKeyId} cannot be found.`)
}
