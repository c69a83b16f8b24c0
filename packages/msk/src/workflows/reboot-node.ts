/** The brokers asked for are restarted, each by a controlled shutdown, one after the other. */
import type { Workflow } from './workflow.ts'

const PREFIX = 'REBOOT_BROKER_'

export const rebootNode: Workflow = {
  endsWith: 'reboot-ended',
  changesVersion: false,
  stepNames: ({ BrokerIds }) => (BrokerIds ?? []).map((id) => `${PREFIX}${id}`),
  run: (step, { context, cluster }) => context.engine.restart(cluster.id, Number(step.slice(PREFIX.length))),
  // Whatever state the node is in, the engine keeps starting it.
  undo: async () => {},
}
