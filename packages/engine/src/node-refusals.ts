/** What the nodes of clusters turned away, as an engine hands it on: for those who ask why. */
import type { Refusal } from '@millrace/network/refusals'
import type { SeenPrincipal } from '@millrace/network/seen-principals'
import type { Denial } from '@millrace/policy/denials/denials'
import type { ClusterId, NodeId, NodeRole } from './engine.ts'

export interface NodeRefusals {
  readonly clusterId: ClusterId
  readonly clusterName: string
  readonly nodeId: NodeId
  readonly role: NodeRole
  /** Of the node's process: ids of entries are unique within it, and begin anew with the next one. */
  readonly incarnation: string
  /** What has changed since it was last asked, whole: an entry that was told before comes again with its new count. */
  readonly refusals: readonly Refusal[]
  readonly denials: readonly Denial[]
  /** Clients that came in, told of likewise. */
  readonly principals: readonly SeenPrincipal[]
}
