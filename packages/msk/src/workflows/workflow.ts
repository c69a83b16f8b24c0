/** A cluster operation's way as data and two functions: the names of its steps, how to run one, how to go back. */
import type { StepContext } from '../reconciler/step-context.ts'
import type { Cluster, Operation } from '../store/records.ts'

export interface Walk {
  readonly context: StepContext
  readonly cluster: Cluster
  readonly operation: Operation
}

export interface Workflow {
  readonly endsWith: 'update-ended' | 'reboot-ended'
  /** True when the cluster's currentVersion is another one afterwards. */
  readonly changesVersion: boolean
  /** Names of the steps, in order; written with the operation when it is accepted. */
  stepNames(target: Operation['target']): readonly string[]
  /** Runs one step; safe to run again. */
  run(step: string, walk: Walk): Promise<void>
  /** Brings the cluster back after a failed step; safe to run again. */
  undo(walk: Walk): Promise<void>
}
