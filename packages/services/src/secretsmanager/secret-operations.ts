/** Secrets themselves: made, described, changed, deleted, restored. */
import { randomUUID } from 'node:crypto'
import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { addVersion, CURRENT, type Secret, type SecretVersion } from './secret.ts'
import { requireLive, type SecretVault, type Whole } from './secret-vault.ts'
import { tagsOf } from './tag-operations.ts'
import { isRepeated, valueOf } from './value-input.ts'

const DAY_MS = 86_400_000
const RECOVERY_DAYS = { min: 7, max: 30 } as const

export function secretOperations({ vault, clock }: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  return {
    CreateSecret: async (input, context) => {
      requireName(input.Name)
      if ((input.AddReplicaRegions ?? []).length > 0) {
        throw new AwsError('InvalidParameterException', {
          message: 'AddReplicaRegions is not served: create the secret in each region.',
        })
      }
      const value = valueOf(input)
      const token = input.ClientRequestToken ?? randomUUID()
      const { secret, versions } = await vault.create(context, input.Name, async (existing) => {
        if (existing !== null) {
          requireNotDeleted(existing.secret)
          if (value !== null && (await isRepeated(vault, existing, token, value))) return existing
          throw nameTaken(existing.secret)
        }
        const now = clock().toISOString()
        const created: Secret = {
          arn: vault.newArn(context, input.Name),
          accountId: context.accountId,
          region: context.region,
          name: input.Name,
          description: input.Description ?? null,
          type: input.Type ?? null,
          kmsKeyId: ownKey(input.KmsKeyId),
          createdAt: now,
          changedAt: now,
          accessedAt: null,
          deletionAt: null,
          tags: tagsOf({}, input.Tags ?? []),
          policy: null,
        }
        if (value === null) return { secret: created, versions: [] }
        return { secret: created, versions: addVersion([], await vault.seal(created, token, value), [CURRENT]) }
      })
      return { ARN: secret.arn, Name: secret.name, ...(versions.length === 0 ? {} : { VersionId: token }) }
    },

    DescribeSecret: async ({ SecretId }, context) => describe(await vault.get(SecretId, context)),

    UpdateSecret: async (input, context) => {
      const value = valueOf(input)
      const token = input.ClientRequestToken ?? randomUUID()
      const { secret } = await vault.change(input.SecretId, context, async (whole) => {
        requireLive(whole.secret)
        const changed: Secret = {
          ...whole.secret,
          ...(input.Description === undefined ? {} : { description: input.Description }),
          ...(input.Type === undefined ? {} : { type: input.Type }),
          ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: ownKey(input.KmsKeyId) }),
          changedAt: clock().toISOString(),
        }
        const versions = await resealed(vault, whole, changed)
        if (value === null || (await isRepeated(vault, whole, token, value))) return { secret: changed, versions }
        return { secret: changed, versions: addVersion(versions, await vault.seal(changed, token, value), [CURRENT]) }
      })
      return { ARN: secret.arn, Name: secret.name, ...(value === null ? {} : { VersionId: token }) }
    },

    DeleteSecret: async ({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery }, context) => {
      const days = recoveryDays(RecoveryWindowInDays, ForceDeleteWithoutRecovery === true)
      const now = clock()
      if (days === null) {
        // AWS answers the same for a secret that never was: scripts that tidy up may run twice.
        const removed = await vault.removeNow(SecretId, context)
        return {
          ARN: removed?.arn ?? (SecretId.startsWith('arn:') ? SecretId : vault.newArn(context, SecretId)),
          Name: removed?.name ?? SecretId,
          DeletionDate: now,
        }
      }
      const deletionDate = new Date(now.getTime() + days * DAY_MS)
      const { secret } = await vault.change(SecretId, context, ({ secret: before, versions }) => {
        requireLive(before)
        return { secret: { ...before, deletionAt: deletionDate.toISOString() }, versions }
      })
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deletionDate }
    },

    RestoreSecret: async ({ SecretId }, context) => {
      const { secret } = await vault.change(SecretId, context, ({ secret: before, versions }) => ({
        secret: { ...before, deletionAt: null },
        versions,
      }))
      return { ARN: secret.arn, Name: secret.name }
    },
  }
}

function describe({ secret, versions }: Whole): Validated<DescribeSecretResponse> {
  const labelled = versions.filter(({ stages }) => stages.length > 0)
  return {
    ...described(secret),
    VersionIdsToStages: Object.fromEntries(labelled.map(({ versionId, stages }) => [versionId, [...stages]])),
  }
}

/** What describing and listing have in common. */
export function described(
  secret: Secret,
): Omit<Validated<DescribeSecretResponse>, 'VersionIdsToStages' | 'ReplicationStatus'> {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description === null ? {} : { Description: secret.description }),
    ...(secret.type === null ? {} : { Type: secret.type }),
    ...(secret.kmsKeyId === null ? {} : { KmsKeyId: secret.kmsKeyId }),
    CreatedDate: new Date(secret.createdAt),
    LastChangedDate: new Date(secret.changedAt),
    ...(secret.accessedAt === null ? {} : { LastAccessedDate: new Date(secret.accessedAt) }),
    ...(secret.deletionAt === null ? {} : { DeletedDate: new Date(secret.deletionAt) }),
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  }
}

function requireNotDeleted({ deletionAt }: Secret): void {
  if (deletionAt === null) return
  throw new AwsError('InvalidRequestException', {
    message:
      "You can't create this secret because a secret with this name is already scheduled for deletion. Restore it, or delete it with ForceDeleteWithoutRecovery.",
  })
}

function nameTaken({ name }: Secret): AwsError {
  return new AwsError('ResourceExistsException', {
    message: `The operation failed because the secret ${name} already exists.`,
  })
}

/** With another KMS key, what still has a label is sealed anew by it. */
async function resealed(
  vault: SecretVault,
  { secret, versions }: Whole,
  changed: Secret,
): Promise<readonly SecretVersion[]> {
  if (changed.kmsKeyId === secret.kmsKeyId) return versions
  return Promise.all(
    versions.map(async (version) => {
      if (version.stages.length === 0) return version
      const { createdAt, accessedAt, stages } = version
      const again = await vault.seal(changed, version.versionId, await vault.open(secret, version))
      return { ...again, createdAt, accessedAt, stages }
    }),
  )
}

/** Null: the AWS managed key, which '' asks for. */
function ownKey(kmsKeyId: string | undefined): string | null {
  return kmsKeyId === undefined || kmsKeyId === '' || kmsKeyId === 'alias/aws/secretsmanager' ? null : kmsKeyId
}

/** Null: without recovery. */
function recoveryDays(window: number | undefined, force: boolean): number | null {
  const { min, max } = RECOVERY_DAYS
  if (force && window !== undefined) {
    throw new AwsError('InvalidParameterException', {
      message: "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    })
  }
  if (window !== undefined && (window < min || window > max)) {
    throw new AwsError('InvalidParameterException', {
      message: `The RecoveryWindowInDays value must be between ${min} and ${max} days (inclusive).`,
    })
  }
  return force ? null : (window ?? max)
}

function requireName(name: string): void {
  if (/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) return
  throw new AwsError('ValidationException', {
    message: 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  })
}
