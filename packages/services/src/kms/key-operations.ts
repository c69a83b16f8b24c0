/** Keys themselves: made, described, listed, enabled, disabled, deleted. */
import { AwsError } from '@millrace/aws/errors'
import type { Input } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import type { KmsDependencies } from './dependencies.ts'
import {
  disabledKey,
  enabledKey,
  keySaved,
  keyToDelete,
  requireCustomerKey,
  requireNotPendingDeletion,
  statusOf,
  type Key,
} from './key.ts'
import { keyMetadata } from './key-metadata.ts'
import { keyPolicyFor } from './key-policy.ts'
import { tagsOf } from './tag-operations.ts'

const KEYS_LISTED_DEFAULT = 100

export function keyOperations({ ring, store, names, pages }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    CreateKey: async (input, context) => {
      requireServedKind(input)
      const { Description: description, Policy: given, BypassPolicyLockoutSafetyCheck: bypass } = input
      const policy = given === undefined ? undefined : keyPolicyFor(given, names, context, bypass)
      const key = await ring.create(context, { description, policy, tags: tagsOf({}, input.Tags ?? []) })
      return { KeyMetadata: keyMetadata(key) }
    },

    DescribeKey: async ({ KeyId }, context) => ({ KeyMetadata: keyMetadata(await ring.get(KeyId, context)) }),

    ListKeys: async ({ Limit, Marker }, context) => {
      const page = pages.cut({
        items: await store.keys(context),
        sortKey: ({ keyId }) => keyId,
        limit: Limit ?? KEYS_LISTED_DEFAULT,
        token: Marker,
        scope: ['ListKeys', context.accountId, context.region],
      })
      return {
        Keys: page.items.map(({ keyId, arn }) => ({ KeyId: keyId, KeyArn: arn })),
        NextMarker: page.next,
        Truncated: page.next !== undefined,
      }
    },

    UpdateKeyDescription: async ({ KeyId, Description }, context) => {
      await ring.change(KeyId, context, (key) => {
        requireCustomerKey(key, 'UpdateKeyDescription')
        requireNotPendingDeletion(key)
        return { ...key, description: Description }
      })
      return {}
    },

    EnableKey: async ({ KeyId }, context) => {
      await ring.change(KeyId, context, (key) => enabledKey(ofCustomer(key, 'EnableKey')))
      return {}
    },

    DisableKey: async ({ KeyId }, context) => {
      await ring.change(KeyId, context, (key) => disabledKey(ofCustomer(key, 'DisableKey')))
      return {}
    },

    ScheduleKeyDeletion: async ({ KeyId, PendingWindowInDays }, context) => {
      const key = await ring.change(KeyId, context, (before, now) =>
        keyToDelete(ofCustomer(before, 'ScheduleKeyDeletion'), PendingWindowInDays, now),
      )
      return {
        KeyId: key.arn,
        KeyState: statusOf(key).KeyState,
        ...(key.deletion === null
          ? {}
          : { DeletionDate: new Date(key.deletion.at), PendingWindowInDays: key.deletion.windowDays }),
      }
    },

    CancelKeyDeletion: async ({ KeyId }, context) => ({
      KeyId: (await ring.change(KeyId, context, (key) => keySaved(ofCustomer(key, 'CancelKeyDeletion')))).arn,
    }),
  }
}

function ofCustomer(key: Key, action: string): Key {
  requireCustomerKey(key, action)
  return key
}

/** Symmetric keys made here, for one region: every other kind is refused by its name. */
function requireServedKind(input: Input<'kms', 'CreateKey'>): void {
  const { KeyUsage = 'ENCRYPT_DECRYPT', Origin = 'AWS_KMS' } = input
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  const kinds: readonly (readonly [refused: boolean, kind: string])[] = [
    [spec !== 'SYMMETRIC_DEFAULT', `KeySpec ${spec}`],
    [KeyUsage !== 'ENCRYPT_DECRYPT', `KeyUsage ${KeyUsage}`],
    [Origin !== 'AWS_KMS', `Origin ${Origin}`],
    [input.MultiRegion === true, 'MultiRegion'],
    [input.CustomKeyStoreId !== undefined, 'CustomKeyStoreId'],
    [input.XksKeyId !== undefined, 'XksKeyId'],
  ]
  const kind = kinds.find(([refused]) => refused)?.[1]
  if (kind === undefined) return
  throw new AwsError('UnsupportedOperationException', {
    message: `Millrace makes symmetric encryption keys only (KeySpec SYMMETRIC_DEFAULT, KeyUsage ENCRYPT_DECRYPT, Origin AWS_KMS, one region): ${kind} is not served.`,
  })
}
