/** Names for keys. `alias/aws/…` belong to the services; those that no key has yet are listed without one, as on AWS. */
import { formatArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { byText } from '../pages.ts'
import type { Scope } from '../scope.ts'
import type { KmsDependencies } from './dependencies.ts'
import { requireCustomerKey, requireNotPendingDeletion } from './key.ts'
import { managedAliases } from './key-ring.ts'
import type { Alias } from './key-store.ts'

const ALIASES_LISTED_DEFAULT = 50

export function aliasOperations({ ring, store, pages, clock }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    CreateAlias: async ({ AliasName: name, TargetKeyId }, context) => {
      requireOwnName(name)
      const key = await ring.getById(TargetKeyId, context)
      requireCustomerKey(key, 'CreateAlias')
      requireNotPendingDeletion(key)
      if ((await store.alias(context, name)) !== null) {
        throw new AwsError('AlreadyExistsException', {
          message: `An alias with the name ${aliasArn(context, name)} already exists`,
        })
      }
      const { accountId, region } = context
      const now = clock().toISOString()
      await store.insertAlias({ accountId, region, name, keyId: key.keyId, createdAt: now, updatedAt: now })
      return {}
    },

    UpdateAlias: async ({ AliasName: name, TargetKeyId }, context) => {
      requireOwnName(name)
      const alias = existing(await store.alias(context, name), context, name)
      const key = await ring.getById(TargetKeyId, context)
      requireCustomerKey(key, 'UpdateAlias')
      requireNotPendingDeletion(key)
      await store.updateAlias({ ...alias, keyId: key.keyId, updatedAt: clock().toISOString() })
      return {}
    },

    DeleteAlias: async ({ AliasName: name }, context) => {
      requireOwnName(name)
      await store.deleteAlias(existing(await store.alias(context, name), context, name))
      return {}
    },

    ListAliases: async ({ KeyId, Limit, Marker }, context) => {
      const keyId = KeyId === undefined ? null : (await ring.getById(KeyId, context)).keyId
      const made = await store.aliases(context)
      const names = new Set(made.map(({ name }) => name))
      const unmade = [...managedAliases.keys()].filter((name) => !names.has(name))
      const shown = [...made, ...unmade.map((name) => ({ name, keyId: null }))]
      const page = pages.cut({
        items: shown
          .filter((alias) => keyId === null || alias.keyId === keyId)
          .toSorted((a, b) => byText(a.name, b.name)),
        sortKey: ({ name }) => name,
        limit: Limit ?? ALIASES_LISTED_DEFAULT,
        token: Marker,
        scope: ['ListAliases', context.accountId, context.region, keyId ?? ''],
      })
      return {
        Aliases: page.items.map((alias) => ({
          AliasName: alias.name,
          AliasArn: aliasArn(context, alias.name),
          ...(alias.keyId === null
            ? {}
            : {
                TargetKeyId: alias.keyId,
                CreationDate: new Date(alias.createdAt),
                LastUpdatedDate: new Date(alias.updatedAt),
              }),
        })),
        NextMarker: page.next,
        Truncated: page.next !== undefined,
      }
    },
  }
}

function existing(alias: Alias | null, scope: Scope, name: string): Alias {
  if (alias !== null) return alias
  throw new AwsError('NotFoundException', { message: `Alias ${aliasArn(scope, name)} is not found.` })
}

function aliasArn({ accountId, region }: Scope, name: string): string {
  return formatArn({ service: 'kms', region, accountId, resource: name })
}

/** `alias/NAME`, and not one of the services'. */
function requireOwnName(name: string): void {
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    throw new AwsError('ValidationException', {
      message:
        'Invalid identifier: an alias begins with alias/, followed by letters, digits, slashes, underscores and dashes.',
    })
  }
  if (name.startsWith('alias/aws/')) {
    throw new AwsError('InvalidAliasNameException', {
      message: 'Aliases that begin with alias/aws/ are reserved for AWS managed keys.',
    })
  }
}
