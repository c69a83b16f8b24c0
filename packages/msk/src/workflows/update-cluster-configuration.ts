/**
 * The brokers come to run with another configuration revision, one after the other. The desired cluster names the new
 * revision from the moment the operation is accepted; the observed one until it has ended is the way back.
 */
import { applyCluster } from '../reconciler/step-context.ts'
import type { Workflow } from './workflow.ts'

export const updateClusterConfiguration: Workflow = {
  endsWith: 'update-ended',
  changesVersion: true,
  stepNames: () => ['INITIALIZE_UPDATE', 'UPDATE_BROKER_CONFIGURATION', 'FINALIZE_UPDATE'],
  async run(step, { context, cluster, operation }) {
    const reference = operation.target.ConfigurationInfo
    if (step === 'INITIALIZE_UPDATE' && reference !== undefined) {
      const revision = await context.store.revision(reference.Arn, reference.Revision)
      if (revision === null)
        throw new Error(`revision ${reference.Revision} of ${reference.Arn} does not exist any more`)
    }
    if (step === 'UPDATE_BROKER_CONFIGURATION') await applyCluster(context, cluster, cluster.desired)
  },
  async undo({ context, cluster }) {
    if (cluster.observed === null) return
    try {
      await applyCluster(context, cluster, cluster.observed)
    } catch (error) {
      // The cluster goes back to ACTIVE, is seen to lack nodes, and is healed from there.
      context.logger.error('the earlier configuration could not be restored at once', { cluster: cluster.name, error })
    }
  },
}
