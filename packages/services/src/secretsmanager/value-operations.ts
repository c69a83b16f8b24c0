/** The values of secrets: read, written, their versions and staging labels; and random passwords. */
import { randomUUID } from 'node:crypto'
import type { GetSecretValueResponse, SecretVersionsListEntry } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import type { SecretsManagerDependencies } from './dependencies.ts'
import { addVersion, CURRENT, moveStage, versionOf, withStage, type Secret, type SecretVersion } from './secret.ts'
import { requireLive, type SecretVault, type Whole } from './secret-vault.ts'
import { isRepeated, valueOf } from './value-input.ts'

const VERSIONS_LISTED_DEFAULT = 100

export function valueOperations({
  vault,
  pages,
  clock,
}: SecretsManagerDependencies): OperationHandlers<'secretsmanager'> {
  return {
    GetSecretValue: async ({ SecretId, VersionId, VersionStage }, context) => {
      const whole = await vault.getLive(SecretId, context)
      const version = wantedVersion(whole, VersionId, VersionStage)
      const answer = await valueAnswer(vault, whole.secret, version)
      await noteAccess(vault, whole.secret, version, clock())
      return answer
    },

    PutSecretValue: async (input, context) => {
      const value = valueOf(input)
      if (value === null) {
        throw new AwsError('InvalidRequestException', {
          message: 'You must provide either SecretString or SecretBinary.',
        })
      }
      const token = input.ClientRequestToken ?? randomUUID()
      const { secret, versions } = await vault.change(input.SecretId, context, async (whole) => {
        requireLive(whole.secret)
        if (await isRepeated(vault, whole, token, value)) return whole
        const added = await vault.seal(whole.secret, token, value)
        return {
          secret: { ...whole.secret, changedAt: clock().toISOString() },
          versions: addVersion(whole.versions, added, input.VersionStages ?? [CURRENT]),
        }
      })
      const { stages } = versionOf(versions, token)
      return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: [...stages] }
    },

    UpdateSecretVersionStage: async (input, context) => {
      const { secret } = await vault.change(input.SecretId, context, (whole) => {
        requireLive(whole.secret)
        const target = input.MoveToVersionId ?? null
        if (target !== null) versionOf(whole.versions, target)
        requireNamedSource(whole, input.VersionStage, input.RemoveFromVersionId, target)
        const versions = moveStage(whole.versions, input.VersionStage, target)
        return { secret: { ...whole.secret, changedAt: clock().toISOString() }, versions }
      })
      return { ARN: secret.arn, Name: secret.name }
    },

    ListSecretVersionIds: async ({ SecretId, IncludeDeprecated, MaxResults, NextToken }, context) => {
      const { secret, versions } = await vault.get(SecretId, context)
      const page = pages.cut({
        items: versions.filter(({ stages }) => IncludeDeprecated === true || stages.length > 0),
        sortKey: ({ createdAt, versionId }) => `${createdAt} ${versionId}`,
        limit: MaxResults ?? VERSIONS_LISTED_DEFAULT,
        token: NextToken,
        scope: ['ListSecretVersionIds', secret.arn, String(IncludeDeprecated === true)],
      })
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: page.items.map(versionEntry),
        NextToken: page.next,
      }
    },
  }
}

/** By id, by stage, by both when they agree; without either the current one. */
export function wantedVersion(
  { versions }: Whole,
  versionId: string | undefined,
  versionStage: string | undefined,
): SecretVersion {
  if (versionId !== undefined) {
    const version = versionOf(versions, versionId)
    if (versionStage === undefined || version.stages.includes(versionStage)) return version
    throw new AwsError('InvalidRequestException', {
      message: 'You provided a VersionStage that is not associated to the provided VersionId.',
    })
  }
  const stage = versionStage ?? CURRENT
  const version = withStage(versions, stage)
  if (version !== null) return version
  throw new AwsError('ResourceNotFoundException', {
    message: `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
  })
}

/** Throws DecryptionFailure. */
export async function valueAnswer(
  vault: SecretVault,
  secret: Secret,
  version: SecretVersion,
): Promise<Validated<Omit<GetSecretValueResponse, '$metadata'>>> {
  const value = await vault.open(secret, version)
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.versionId,
    ...(value.kind === 'text' ? { SecretString: value.text } : { SecretBinary: value.bytes }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
  }
}

/** LastAccessedDate is a day, so most reads write nothing. */
export async function noteAccess(
  vault: SecretVault,
  secret: Secret,
  { versionId, accessedAt }: SecretVersion,
  now: Date,
): Promise<void> {
  const day = `${now.toISOString().slice(0, 10)}T00:00:00.000Z`
  if (secret.accessedAt === day && accessedAt === day) return
  await vault.change(secret.arn, secret, (whole) => ({
    secret: { ...whole.secret, accessedAt: day },
    versions: whole.versions.map((version) =>
      version.versionId === versionId ? { ...version, accessedAt: day } : version,
    ),
  }))
}

function versionEntry(version: SecretVersion): Validated<SecretVersionsListEntry> {
  return {
    VersionId: version.versionId,
    ...(version.stages.length === 0 ? {} : { VersionStages: [...version.stages] }),
    ...(version.accessedAt === null ? {} : { LastAccessedDate: new Date(version.accessedAt) }),
    CreatedDate: new Date(version.createdAt),
    KmsKeyIds: [version.kmsKeyId ?? 'DefaultEncryptionKey'],
  }
}

/** A label is only taken from the version that the caller names, and AWSCURRENT is always somewhere. */
function requireNamedSource(
  { versions }: Whole,
  stage: string,
  removeFrom: string | undefined,
  moveTo: string | null,
): void {
  const source = withStage(versions, stage)
  if (removeFrom !== undefined && source?.versionId !== removeFrom) {
    versionOf(versions, removeFrom)
    throw new AwsError('InvalidParameterException', {
      message: `The staging label ${stage} is not attached to version ${removeFrom}.`,
    })
  }
  if (removeFrom === undefined && moveTo === null) {
    throw new AwsError('InvalidParameterException', {
      message: 'You must provide MoveToVersionId, RemoveFromVersionId, or both.',
    })
  }
  if (removeFrom === undefined && source !== null && source.versionId !== moveTo) {
    throw new AwsError('InvalidParameterException', {
      message: `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${source.versionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
    })
  }
  if (stage === CURRENT && moveTo === null) {
    throw new AwsError('InvalidParameterException', {
      message: `You can only move staging label ${CURRENT} to a different secret version. It can't be completely removed.`,
    })
  }
}
