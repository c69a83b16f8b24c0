/** What the operations on SCRAM secrets ask of their input. */
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest } from '@millrace/aws/errors'
import { requireCluster } from '../operations/dependencies.ts'
import { servesScram } from '../scram/scram-sync.ts'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const SECRETS_PER_CALL_MAX = 10
const SERVING: ReadonlySet<Cluster['state']> = new Set(['ACTIVE', 'HEALING', 'UPDATING', 'REBOOTING_BROKER'])

export function checkSecretList(secretArns: readonly string[]): void {
  if (secretArns.length >= 1 && secretArns.length <= SECRETS_PER_CALL_MAX) return
  throw badRequest({
    message: `secretArnList must have 1 to ${SECRETS_PER_CALL_MAX} ARNs; ${secretArns.length} were given.`,
    invalidParameter: 'secretArnList',
  })
}

/** @throws BadRequestException when the cluster has no SCRAM listener, or does not run */
export async function requireScramCluster(store: Store, clusterArn: string, context: CallContext): Promise<Cluster> {
  const cluster = await requireCluster(store, clusterArn, context)
  if (!servesScram(cluster)) {
    throw badRequest({
      message:
        'SASL/SCRAM is not enabled on this cluster. Turn it on with UpdateSecurity (clientAuthentication.sasl.scram.enabled) first.',
      invalidParameter: 'clusterArn',
    })
  }
  if (!SERVING.has(cluster.state)) {
    throw badRequest({
      message: `The cluster is in ${cluster.state} state. Secrets can be associated when it runs.`,
      invalidParameter: 'clusterArn',
    })
  }
  return cluster
}
