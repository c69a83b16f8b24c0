/** What decisions on consumer groups know besides the group: given by the runtime, held by tests. */
import type { MetadataImage } from '@millrace/metadata/image'
import type { Assignor } from '../modern/assignor.ts'

/** group.consumer.migration.policy */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled'

export interface DecisionContext {
  readonly image: MetadataImage
  /** Grows when topics come, go, grow or move: what was resolved under another one is looked at again. */
  readonly topicsVersion: number
  readonly nowMs: number
  /** What a regular expression of the asking member may match. */
  readonly maySeeTopic: (name: string) => boolean
  /** In the order of group.consumer.assignors, the default first. */
  readonly assignors: ReadonlyMap<string, Assignor>
  /** group.consumer.max.size */
  readonly groupSizeMax: number
  /** group.max.size */
  readonly classicGroupSizeMax: number
  readonly migrationPolicy: MigrationPolicy
}
