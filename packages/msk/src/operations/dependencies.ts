/** What operations work with. */
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest, notFound } from '@millrace/aws/errors'
import type { Paginator } from '@millrace/aws/pagination'
import type { Engine } from '@millrace/engine/engine'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import { checkArn } from '../arns.ts'
import type { KeySource } from '../at-rest/key-source.ts'
import type { NetworkSource } from '../network/network-source.ts'
import type { AuthoritySource } from '../mutual-tls/authority-source.ts'
import type { ScramTurns } from '../scram/scram-turns.ts'
import type { SetScramUsers } from '../scram/scram-users.ts'
import type { SecretSource } from '../scram/secret-source.ts'
import type { KeyTargetSource } from '../security/targets.ts'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { VpcConnections } from '../vpc-connections/vpc-connections.ts'
import type { OpenTopics } from '../topics/topic-admin.ts'

export interface Dependencies {
  readonly store: Store
  readonly engine: Engine
  /** Tells the reconciler that a cluster has changed. */
  readonly wake: (clusterArn: string) => void
  readonly paginator: Paginator
  readonly clock: () => Date
  readonly openTopics: OpenTopics
  /** Something of which security snapshots are made is another: a cluster's policy, its tags. */
  readonly securityChanged: () => void
  readonly secrets: SecretSource
  readonly keys: KeySource
  /** What KMS asks of callers whose calls are about keys; null: nothing. */
  readonly keyTarget: KeyTargetSource | null
  /** Clusters without a key of their own are encrypted under the AWS managed key. */
  readonly alwaysEncrypts: boolean
  readonly networks: NetworkSource
  readonly authorities: AuthoritySource
  readonly vpcConnections: VpcConnections
  /** Whom policies of clusters name. */
  readonly principalNames: PrincipalNames
  readonly setScramUsers: SetScramUsers
  readonly scramTurns: ScramTurns
}

/** @throws BadRequestException for what is no ARN of a cluster, NotFoundException when there is no such cluster */
export async function requireCluster(store: Store, arn: string, context: CallContext): Promise<Cluster> {
  checkArn('cluster', arn, 'clusterArn', context)
  const cluster = await store.cluster(arn)
  if (cluster === null) {
    throw notFound({ message: `The cluster ${arn} does not exist.`, invalidParameter: 'clusterArn' })
  }
  return cluster
}

/** @throws BadRequestException when `currentVersion` is not the cluster's */
export function checkCurrentVersion(cluster: Cluster, currentVersion: string): void {
  if (cluster.currentVersion === currentVersion) return
  throw badRequest({
    message: `The cluster's version ${currentVersion} is not current. Check the current version with DescribeCluster and try again.`,
    invalidParameter: 'currentVersion',
  })
}

/** What a list's page tokens are bound to. */
export function listScope(
  operation: string,
  context: CallContext,
  ...filters: readonly (string | undefined)[]
): string[] {
  return [operation, context.accountId, context.region, ...filters.map((filter) => filter ?? '')]
}
