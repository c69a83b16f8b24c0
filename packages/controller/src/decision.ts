/**
 * Decide, then apply. A decision is a pure function of the current state and a request: it touches nothing and returns
 * the records that make the change and the answer to give once they are committed. The controller (controller.ts) is
 * the only one that writes the records and replays them.
 */
import type { Random } from '@millrace/base/host'
import type { ConfigContext } from '@millrace/metadata/configs/effective'
import type { MetadataImage } from '@millrace/metadata/image'
import { METADATA_VERSION_FEATURE } from '@millrace/metadata/record-versions'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'

export interface Decision<Response> {
  readonly records: readonly MetadataRecord[]
  readonly response: Response
}

/** What decisions may look at. */
export interface ControlState {
  /** Everything decided so far, committed or not. */
  readonly image: MetadataImage
  /** Offset the next record will get. */
  readonly nextOffset: number
  /** Static properties of the controller: the layer below dynamic configs. */
  readonly properties: Readonly<Record<string, string>>
  readonly nodeId: number
  readonly clusterId: string
  readonly random: Random
}

/** The layers under which the controller resolves topic and cluster defaults. */
export function configContext(state: ControlState): ConfigContext {
  return { image: state.image, properties: state.properties, nodeId: state.nodeId }
}

/** The finalized metadata.version: decides the versions of records. */
export function metadataLevel(image: MetadataImage): number {
  return image.features.get(METADATA_VERSION_FEATURE) ?? 0
}

/** An error of one item of a request (a topic, a resource): becomes its error code and message. */
export interface ItemError {
  readonly errorCode: number
  readonly errorMessage: string
}
