/** The brokers come to listen for clients from elsewhere, or cease to, one after the other. */
import { applyCluster } from '../reconciler/step-context.ts'
import { updateClusterConfiguration } from './update-cluster-configuration.ts'
import type { Workflow } from './workflow.ts'

export const updateConnectivity: Workflow = {
  endsWith: 'update-ended',
  changesVersion: true,
  stepNames: () => ['INITIALIZE_UPDATE', 'UPDATE_CONNECTIVITY', 'FINALIZE_UPDATE'],
  async run(step, { context, cluster }) {
    if (step === 'UPDATE_CONNECTIVITY') await applyCluster(context, cluster, cluster.desired)
  },
  undo: (walk) => updateClusterConfiguration.undo(walk),
}
