/** The life of a node as its supervisor sees it: a table of legal edges and the one function that walks them. */
import { InvariantError } from '@millrace/base/invariant'
import type { NodeState } from '../engine.ts'

export type NodeLifeEvent =
  /** A process is to run here. */
  | 'start'
  /** A process of an earlier control plane was found and has proved itself. */
  | 'adopt'
  | 'ready'
  /** The process is proved dead. */
  | 'exit'
  | 'stop'

export const nodeLife: Readonly<Record<NodeState, Readonly<Partial<Record<NodeLifeEvent, NodeState>>>>> = {
  stopped: { start: 'starting', adopt: 'starting' },
  // A node that dies while it starts, or while it runs, is started again until someone says stop.
  starting: { ready: 'running', exit: 'starting', stop: 'stopping' },
  running: { exit: 'starting', stop: 'stopping' },
  stopping: { exit: 'stopped' },
}

/** @throws InvariantError for an edge that is not in the table */
export function nextNodeState(state: NodeState, event: NodeLifeEvent): NodeState {
  const next = nodeLife[state][event]
  if (next === undefined) throw new InvariantError('a node cannot do this in its state', { state, event })
  return next
}
