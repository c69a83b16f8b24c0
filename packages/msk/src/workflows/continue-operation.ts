/**
 * Walks a cluster operation through its recorded steps. A step is marked before it runs and when it is done, so that
 * after a crash the walk goes on at the step that was under way; every step may therefore run twice. A step that fails
 * is undone by the workflow, and the operation ends as failed with the cluster working as before.
 */
import { invariant } from '@millrace/base/invariant'
import { newCurrentVersion } from '../arns.ts'
import { nextClusterState } from '../cluster-state.ts'
import { nextOperationState, type OperationStep, type OperationType, type WorkflowType } from '../operation-state.ts'
import { messageOf, type StepContext, type StepOutcome } from '../reconciler/step-context.ts'
import type { Cluster } from '../store/records.ts'
import { rebootNode } from './reboot-node.ts'
import { updateClusterConfiguration } from './update-cluster-configuration.ts'
import { updateConnectivity } from './update-connectivity.ts'
import { updateSecurity } from './update-security.ts'
import type { Walk, Workflow } from './workflow.ts'

export const workflows: Readonly<Record<WorkflowType, Workflow>> = {
  UPDATE_CLUSTER_CONFIGURATION: updateClusterConfiguration,
  UPDATE_CONNECTIVITY: updateConnectivity,
  UPDATE_SECURITY: updateSecurity,
  REBOOT_NODE: rebootNode,
}

export async function continueOperation(context: StepContext, cluster: Cluster): Promise<StepOutcome> {
  const { store, signal } = context
  const operation = cluster.activeOperationArn === null ? null : await store.operation(cluster.activeOperationArn)
  invariant(operation !== null, 'a cluster that is being changed has its operation', {
    cluster: cluster.arn,
    state: cluster.state,
  })
  const walk: Walk = { context, cluster, operation }
  const step = operation.steps.find(({ status }) => status !== 'COMPLETED')
  if (operation.state === 'PENDING') {
    const state = nextOperationState(operation.type, operation.state, 'begin')
    await store.updateOperation(operation.arn, { state, steps: marked(operation.steps, step?.name, 'IN_PROGRESS') })
    return 'went-on'
  }
  if (step === undefined) {
    await end(walk, 'complete', null)
    return 'went-on'
  }
  try {
    await workflowOf(operation.type).run(step.name, walk)
  } catch (error) {
    if (signal.aborted) return 'rests'
    context.logger.error('a cluster operation failed', {
      cluster: cluster.name,
      type: operation.type,
      step: step.name,
      error,
    })
    await workflowOf(operation.type).undo(walk)
    await end(walk, 'fail', error)
    return 'went-on'
  }
  const done = marked(operation.steps, step.name, 'COMPLETED')
  await store.updateOperation(operation.arn, {
    steps: marked(done, done.find(({ status }) => status === 'PENDING')?.name, 'IN_PROGRESS'),
  })
  return 'went-on'
}

async function end({ context, cluster, operation }: Walk, how: 'complete' | 'fail', error: unknown): Promise<void> {
  const { endsWith, changesVersion } = workflowOf(operation.type)
  await context.store.transaction(async (store) => {
    const now = await store.cluster(cluster.arn)
    if (now === null) return
    const arrived = how === 'complete' ? { observed: now.desired } : { desired: now.observed ?? now.desired }
    await store.updateCluster(cluster.arn, {
      state: nextClusterState(now.state, endsWith),
      activeOperationArn: null,
      ...arrived,
      ...(how === 'complete' && changesVersion ? { currentVersion: newCurrentVersion() } : {}),
    })
    await store.updateOperation(operation.arn, {
      state: nextOperationState(operation.type, operation.state, how),
      endedAt: context.clock().toISOString(),
      ...(how === 'fail' ? { errorCode: 'InternalError', errorMessage: messageOf(error) } : {}),
    })
  })
}

function workflowOf(type: OperationType): Workflow {
  const workflow = (workflows as Readonly<Partial<Record<OperationType, Workflow>>>)[type]
  invariant(workflow !== undefined, 'a cluster is changed by workflows alone', { type })
  return workflow
}

function marked(
  steps: readonly OperationStep[],
  name: string | undefined,
  status: OperationStep['status'],
): OperationStep[] {
  return steps.map((step) => (step.name === name ? { ...step, status } : step))
}
