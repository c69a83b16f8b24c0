/** Secrets and their versions as they are stored, and the rules of staging labels: functions from versions to changed versions. */
import { AwsError } from '@millrace/aws/errors'

export type Tags = Readonly<Record<string, string>>

export interface Secret {
  /** With six random characters after the name. */
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly name: string
  readonly description: string | null
  readonly type: string | null
  /** As the owner gave it; null: alias/aws/secretsmanager. */
  readonly kmsKeyId: string | null
  readonly createdAt: string
  readonly changedAt: string
  /** The day, at midnight UTC; null: never. */
  readonly accessedAt: string | null
  /** When the secret will be removed; null: it is not to be deleted. */
  readonly deletionAt: string | null
  readonly tags: Tags
  /** JSON text. */
  readonly policy: string | null
}

export interface SecretVersion {
  readonly secretArn: string
  readonly versionId: string
  readonly createdAt: string
  readonly accessedAt: string | null
  /** None: deprecated, kept for a while. */
  readonly stages: readonly string[]
  readonly kind: SecretValue['kind']
  /** What the secret named when the version was sealed; null: alias/aws/secretsmanager. */
  readonly kmsKeyId: string | null
  /** Base64: the version's own data key, encrypted by the KMS key. */
  readonly dataKey: string
  /** Base64: the value, sealed by the data key. */
  readonly sealed: string
}

export type SecretValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }

export const CURRENT = 'AWSCURRENT'
export const PREVIOUS = 'AWSPREVIOUS'

/** More versions than these, and the oldest without a staging label go. */
export const VERSIONS_MAX = 100

export function currentVersion(versions: readonly SecretVersion[]): SecretVersion | null {
  return withStage(versions, CURRENT)
}

export function withStage(versions: readonly SecretVersion[], stage: string): SecretVersion | null {
  return versions.find(({ stages }) => stages.includes(stage)) ?? null
}

/** A label is on one version at most. Where AWSCURRENT leaves, AWSPREVIOUS arrives. */
export function moveStage(
  versions: readonly SecretVersion[],
  stage: string,
  target: string | null,
): readonly SecretVersion[] {
  const source = withStage(versions, stage)
  if (source !== null && source.versionId === target) return versions
  const moved = versions.map((version) => {
    if (version.versionId === target) return withLabels(version, [...version.stages, stage])
    return withLabels(version, without(version.stages, stage))
  })
  return stage === CURRENT && source !== null ? moveStage(moved, PREVIOUS, source.versionId) : moved
}

/** The version joins the others with these labels; the first version of a secret is current, whatever it was labelled. */
export function addVersion(
  versions: readonly SecretVersion[],
  added: SecretVersion,
  stages: readonly string[],
): readonly SecretVersion[] {
  const labels = versions.length === 0 ? new Set([...stages, CURRENT]) : new Set(stages)
  const start: readonly SecretVersion[] = [...versions, { ...added, stages: [] }]
  const labelled = [...labels].reduce((result, stage) => moveStage(result, stage, added.versionId), start)
  return trimmed(labelled)
}

export function versionOf(versions: readonly SecretVersion[], versionId: string): SecretVersion {
  const version = versions.find((candidate) => candidate.versionId === versionId)
  if (version !== undefined) return version
  throw new AwsError('ResourceNotFoundException', {
    message: `Secrets Manager can't find the specified secret value for VersionId: ${versionId}`,
  })
}

function trimmed(versions: readonly SecretVersion[]): readonly SecretVersion[] {
  const surplus = versions.length - VERSIONS_MAX
  if (surplus <= 0) return versions
  const deprecated = versions.filter(({ stages }) => stages.length === 0)
  const gone = new Set(
    deprecated.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)).slice(0, surplus),
  )
  return versions.filter((version) => !gone.has(version))
}

function withLabels(version: SecretVersion, stages: readonly string[]): SecretVersion {
  return stages.length === version.stages.length ? version : { ...version, stages }
}

function without(stages: readonly string[], stage: string): readonly string[] {
  return stages.filter((label) => label !== stage)
}
