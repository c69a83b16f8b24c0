/** The brokers come to run with other listeners, one after the other. */
import { applyCluster } from '../reconciler/step-context.ts'
import { updateClusterConfiguration } from './update-cluster-configuration.ts'
import type { Workflow } from './workflow.ts'

export const updateSecurity: Workflow = {
  endsWith: 'update-ended',
  changesVersion: true,
  stepNames: () => ['INITIALIZE_UPDATE', 'UPDATE_SECURITY_SETTINGS', 'FINALIZE_UPDATE'],
  async run(step, { context, cluster }) {
    if (step === 'UPDATE_SECURITY_SETTINGS') await applyCluster(context, cluster, cluster.desired)
  },
  undo: (walk) => updateClusterConfiguration.undo(walk),
}
