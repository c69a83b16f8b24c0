/** The KMS key under which a cluster's data is encrypted: whether it may be chosen, and whether it can be used. */
import { badRequest } from '@millrace/aws/errors'
import type { Scope } from '../arns.ts'
import type { EncryptionInfo } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import { type KeyReading, type KeySource, type KeyUse, MANAGED_KEY_ALIAS } from './key-source.ts'

/** Why a cluster is without its key, as `stateInfo` tells it. */
export interface KeyProblem {
  readonly code: string
  readonly message: string
}

/** `stateInfo.code` of a cluster whose key cannot be used. */
export const KEY_UNAVAILABLE_CODE = 'KmsKeyUnavailable'

export interface ChosenKey {
  readonly keys: KeySource
  readonly scope: Scope
  readonly encryption: EncryptionInfo | undefined
  /** Where `encryptionInfo` is in the request: '' or 'provisioned.'. */
  readonly prefix: string
  /** Clusters without a key of their own are encrypted under the managed key. */
  readonly always: boolean
}

/**
 * ARN of the key that a new cluster is encrypted under; null: its data is plain.
 * @throws BadRequestException when the key that was named is not there, or cannot be used
 */
export async function chosenKeyArn({ keys, scope, encryption, prefix, always }: ChosenKey): Promise<string | null> {
  const named = encryption?.EncryptionAtRest?.DataVolumeKMSKeyId
  if (named === undefined && !always) return null
  const key = await keys.keyState(named ?? MANAGED_KEY_ALIAS, scope)
  const problem = key === null ? missing(named ?? MANAGED_KEY_ALIAS, scope) : statusProblem(key)
  if (problem === null) return key?.arn ?? null
  throw badRequest({
    message: problem,
    invalidParameter: `${prefix}encryptionInfo.encryptionAtRest.dataVolumeKMSKeyId`,
  })
}

/** Null: the cluster has no key, or it can be used. */
export async function keyProblem(keys: KeySource, cluster: Cluster): Promise<KeyProblem | null> {
  const arn = storageKeyArn(cluster)
  if (arn === null) return null
  const key = await keys.keyState(arn, cluster)
  const problem =
    key === null ? missing(arn, cluster) : (statusProblem(key) ?? (await grantProblem(keys, cluster, arn)))
  if (problem === null) return null
  return {
    code: KEY_UNAVAILABLE_CODE,
    message: `${problem} The brokers are stopped because their data is encrypted under it; they start again by themselves when the key can be used.`,
  }
}

export function storageKeyArn(cluster: Cluster): string | null {
  return cluster.desired.EncryptionInfo.EncryptionAtRest?.DataVolumeKMSKeyId ?? null
}

/** A cluster that was made under a grant needs one: the same, or another that allows as much. */
async function grantProblem(keys: KeySource, cluster: Cluster, keyArn: string): Promise<string | null> {
  if (cluster.desired.StorageKeyGrantId === undefined || (await keys.isGranted(keyArn, storageOf(cluster)))) return null
  const grantee = `kafka.${cluster.region}.amazonaws.com`
  return `No grant lets Amazon MSK use the KMS key ${keyArn} for this cluster any more; \`aws kms create-grant --key-id ${keyArn} --grantee-principal ${grantee} --operations DescribeKey GenerateDataKey Decrypt\` makes one.`
}

export function storageOf({ arn }: Pick<Cluster, 'arn'>): KeyUse {
  return { for: 'storage', clusterArn: arn }
}

/** The cluster is gone, or was never made. */
export async function releaseStorageKey(keys: KeySource, cluster: Cluster): Promise<void> {
  const arn = storageKeyArn(cluster)
  const grantId = cluster.desired.StorageKeyGrantId
  if (arn !== null && grantId !== undefined) await keys.retire(arn, grantId)
}

function missing(key: string, { accountId, region }: Scope): string {
  return `The KMS key ${key} does not exist in account ${accountId} and region ${region}.`
}

function statusProblem({ arn, status }: KeyReading): string | null {
  switch (status) {
    case 'Enabled':
      return null
    case 'Disabled':
      return `The KMS key ${arn} is disabled.`
    case 'PendingDeletion':
      return `The KMS key ${arn} is pending deletion.`
  }
}
