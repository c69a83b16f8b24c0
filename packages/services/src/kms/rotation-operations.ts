/** New material for keys: by the calendar, or now. What older material encrypted still decrypts. */
import type { OperationHandlers } from '@millrace/aws/service'
import type { KmsDependencies } from './dependencies.ts'
import { neverRotated, requireCustomerKey, rotatedEvery } from './key.ts'

const ROTATIONS_LISTED_DEFAULT = 100

export function rotationOperations({ ring, pages }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    EnableKeyRotation: async ({ KeyId, RotationPeriodInDays }, context) => {
      await ring.change(KeyId, context, (key, now) => {
        requireCustomerKey(key, 'EnableKeyRotation')
        return rotatedEvery(key, RotationPeriodInDays, now)
      })
      return {}
    },

    DisableKeyRotation: async ({ KeyId }, context) => {
      await ring.change(KeyId, context, (key) => {
        requireCustomerKey(key, 'DisableKeyRotation')
        return neverRotated(key)
      })
      return {}
    },

    GetKeyRotationStatus: async ({ KeyId }, context) => {
      const { arn, rotation } = await ring.getById(KeyId, context)
      return {
        KeyId: arn,
        KeyRotationEnabled: rotation !== null,
        ...(rotation === null
          ? {}
          : { RotationPeriodInDays: rotation.periodDays, NextRotationDate: new Date(rotation.nextAt) }),
      }
    },

    RotateKeyOnDemand: async ({ KeyId }, context) => {
      requireCustomerKey(await ring.getById(KeyId, context), 'RotateKeyOnDemand')
      return { KeyId: (await ring.rotateOnDemand(KeyId, context)).keyId }
    },

    ListKeyRotations: async ({ KeyId, IncludeKeyMaterial, Limit, Marker }, context) => {
      const key = await ring.getById(KeyId, context)
      const all = key.materials.map((material, index) => ({ ...material, current: index === key.materials.length - 1 }))
      const page = pages.cut({
        items: IncludeKeyMaterial === 'ALL_KEY_MATERIAL' ? all : all.filter(({ origin }) => origin !== 'FIRST'),
        sortKey: ({ createdAt, id }) => `${createdAt} ${id}`,
        limit: Limit ?? ROTATIONS_LISTED_DEFAULT,
        token: Marker,
        scope: ['ListKeyRotations', key.arn, IncludeKeyMaterial ?? ''],
      })
      return {
        Rotations: page.items.map(({ id, createdAt, origin, current }) => ({
          KeyId: key.keyId,
          KeyMaterialId: id,
          KeyMaterialState: current ? 'CURRENT' : 'NON_CURRENT',
          ...(origin === 'FIRST' ? {} : { RotationDate: new Date(createdAt), RotationType: origin }),
        })),
        NextMarker: page.next,
        Truncated: page.next !== undefined,
      }
    },
  }
}
