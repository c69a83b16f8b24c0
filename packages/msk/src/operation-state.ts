/** The states of a cluster operation, as a table (msk.md §2.2), and the record of its steps. */
import { InvariantError } from '@millrace/base/invariant'

/** What a cluster is changed by, step by step. */
export type WorkflowType = 'UPDATE_CLUSTER_CONFIGURATION' | 'UPDATE_CONNECTIVITY' | 'UPDATE_SECURITY' | 'REBOOT_NODE'

/** What is made beside it. */
export type ConnectionOperationType = 'CREATE_VPC_CONNECTION' | 'DELETE_VPC_CONNECTION'

export type OperationType = WorkflowType | ConnectionOperationType

export type OperationState =
  | 'PENDING'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'REBOOT_IN_PROGRESS'
  | 'REBOOT_COMPLETE'
  | 'REBOOT_FAILED'

export type OperationEvent = 'begin' | 'complete' | 'fail'

type Edges = Readonly<Partial<Record<OperationState, Readonly<Partial<Record<OperationEvent, OperationState>>>>>>

const update: Edges = {
  PENDING: { begin: 'UPDATE_IN_PROGRESS' },
  UPDATE_IN_PROGRESS: { complete: 'UPDATE_COMPLETE', fail: 'UPDATE_FAILED' },
}

const reboot: Edges = {
  PENDING: { begin: 'REBOOT_IN_PROGRESS' },
  REBOOT_IN_PROGRESS: { complete: 'REBOOT_COMPLETE', fail: 'REBOOT_FAILED' },
}

export const operationStates: Readonly<Record<OperationType, Edges>> = {
  UPDATE_CLUSTER_CONFIGURATION: update,
  UPDATE_CONNECTIVITY: update,
  UPDATE_SECURITY: update,
  REBOOT_NODE: reboot,
  CREATE_VPC_CONNECTION: update,
  DELETE_VPC_CONNECTION: update,
}

/** @throws InvariantError for an edge that is not in the table */
export function nextOperationState(type: OperationType, state: OperationState, event: OperationEvent): OperationState {
  const next = operationStates[type][state]?.[event]
  if (next === undefined) throw new InvariantError('an operation cannot do this in its state', { type, state, event })
  return next
}

export type StepStatus = 'PENDING' | 'IN_PROGRESS' | 'COMPLETED'

export interface OperationStep {
  readonly name: string
  readonly status: StepStatus
}
