/** One step of one cluster towards what it should be, chosen by its state alone. */
import { KEY_UNAVAILABLE_CODE, type KeyProblem, keyProblem, releaseStorageKey } from '../at-rest/storage-key.ts'
import { releaseGrants } from '../scram/secret-key.ts'
import type { Cluster } from '../store/records.ts'
import { continueOperation } from '../workflows/continue-operation.ts'
import { applyCluster, messageOf, moveCluster, type StepContext, type StepOutcome } from './step-context.ts'

export async function takeStep(context: StepContext, clusterArn: string): Promise<StepOutcome> {
  const cluster = await context.store.cluster(clusterArn)
  if (cluster === null || context.signal.aborted) return 'rests'
  const problem = runs(cluster) ? await keyProblem(context.keys, cluster) : null
  if (problem !== null) return waitForKey(context, cluster, problem)
  if (cluster.stateCode === KEY_UNAVAILABLE_CODE)
    await context.store.updateCluster(clusterArn, { stateCode: null, stateMessage: null })
  switch (cluster.state) {
    case 'CREATING':
      return create(context, cluster)
    case 'ACTIVE':
      return look(context, cluster)
    case 'HEALING':
      return heal(context, cluster)
    case 'UPDATING':
    case 'REBOOTING_BROKER':
      return continueOperation(context, cluster)
    case 'DELETING':
      return remove(context, cluster)
    case 'FAILED':
      return 'rests'
  }
}

/** Its nodes should run. */
function runs({ state }: Cluster): boolean {
  return state !== 'DELETING' && state !== 'FAILED'
}

/** Without its key a cluster has no data: its nodes are ended, and whatever was to be done waits. It never fails for that. */
async function waitForKey(context: StepContext, cluster: Cluster, problem: KeyProblem): Promise<StepOutcome> {
  const { store, engine, logger } = context
  const told = { stateCode: problem.code, stateMessage: problem.message }
  if (cluster.state === 'ACTIVE') {
    logger.warn('the key of a cluster cannot be used', { cluster: cluster.name, reason: problem.message })
    await moveCluster(store, cluster.arn, 'node-lost', told)
  } else if (cluster.stateMessage !== problem.message) {
    await store.updateCluster(cluster.arn, told)
  }
  await engine.halt(cluster.id, problem.message)
  return 'retry-later'
}

async function create(context: StepContext, cluster: Cluster): Promise<StepOutcome> {
  const { store, engine, logger, signal } = context
  try {
    await applyCluster(context, cluster, cluster.desired)
  } catch (error) {
    if (signal.aborted) return 'rests'
    // Without its key: it waits for it, above.
    if ((await keyProblem(context.keys, cluster)) !== null) return 'went-on'
    const message = messageOf(error)
    logger.error('a cluster could not be created', { cluster: cluster.name, error })
    await engine.destroy(cluster.id)
    await moveCluster(store, cluster.arn, 'create-failed', { stateCode: 'InternalError', stateMessage: message })
    return 'rests'
  }
  await moveCluster(store, cluster.arn, 'created', { observed: cluster.desired })
  logger.info('cluster is active', { cluster: cluster.name })
  return 'went-on'
}

/** Is every node that should run running? */
async function look(context: StepContext, cluster: Cluster): Promise<StepOutcome> {
  const { nodes } = await context.engine.observe(cluster.id)
  const down = nodes.filter(({ state }) => state !== 'running')
  const missing = nodes.length < cluster.desired.NumberOfBrokerNodes + 1
  if (down.length === 0 && !missing) return 'rests'
  const message = down.map(({ role, nodeId, reason }) => `${role} ${nodeId} ${reason ?? 'is not running'}`).join('; ')
  await moveCluster(context.store, cluster.arn, 'node-lost', {
    stateCode: 'NodeDown',
    stateMessage: message === '' ? 'nodes are missing' : message,
  })
  return 'went-on'
}

async function heal(context: StepContext, cluster: Cluster): Promise<StepOutcome> {
  try {
    await applyCluster(context, cluster, cluster.desired)
  } catch (error) {
    if (context.signal.aborted) return 'rests'
    if ((await keyProblem(context.keys, cluster)) !== null) return 'went-on'
    context.logger.warn('a cluster could not be healed yet', { cluster: cluster.name, error })
    await context.store.updateCluster(cluster.arn, { stateCode: 'NodeDown', stateMessage: messageOf(error) })
    return 'retry-later'
  }
  // Someone may have asked for its end meanwhile.
  const now = await context.store.cluster(cluster.arn)
  if (now?.state === 'HEALING') await moveCluster(context.store, cluster.arn, 'healed', { observed: cluster.desired })
  return 'went-on'
}

async function remove(context: StepContext, cluster: Cluster): Promise<StepOutcome> {
  const { store, engine, logger, signal } = context
  try {
    await engine.destroy(cluster.id)
  } catch (error) {
    if (signal.aborted) return 'rests'
    logger.error('a cluster could not be deleted', { cluster: cluster.name, error })
    await moveCluster(store, cluster.arn, 'delete-failed', {
      stateCode: 'InternalError',
      stateMessage: messageOf(error),
    })
    return 'rests'
  }
  await context.clusterRemoved(cluster.arn)
  await releaseStorageKey(context.keys, cluster)
  await releaseGrants(context.keys, store, cluster.arn)
  await store.transaction((transaction) => transaction.deleteCluster(cluster.arn))
  return 'rests'
}
