/** Fetches a snapshot of the cluster metadata from the controller, piece by piece (FetchSnapshot, KIP-630). */
import type { Uuid } from '@millrace/base/uuid'
import type { SnapshotId } from '@millrace/metadata/snapshot-format'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  fetchSnapshotRequest,
  fetchSnapshotResponse,
  type FetchSnapshotResponse,
} from '@millrace/protocol/messages/59-fetch-snapshot'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'

const VERSION = 1
const REQUEST_TIMEOUT_MS = 10_000
const PIECE_BYTES_MAX = 4 * 1024 * 1024
/** A cluster whose metadata is larger has left what one machine holds. */
const SNAPSHOT_BYTES_MAX = 1024 * 1024 * 1024

export interface SnapshotSource {
  readonly channel: ControllerChannel
  readonly clusterId: Uuid
  readonly nodeId: number
}

export function fetchSnapshot(
  source: SnapshotSource,
  id: SnapshotId,
  callback: (error: Error | null, bytes: Buffer | null) => void,
): void {
  const pieces: Buffer[] = []
  let position = 0
  const next = (): void => {
    const partition = { partition: 0, currentLeaderEpoch: -1, snapshotId: id, position }
    const body = {
      clusterId: source.clusterId,
      replicaId: source.nodeId,
      maxBytes: PIECE_BYTES_MAX,
      topics: [{ name: '__cluster_metadata', partitions: [partition] }],
    }
    source.channel.send(fetchSnapshotRequest, fetchSnapshotResponse, VERSION, body, answered, REQUEST_TIMEOUT_MS)
  }
  const answered = (error: Error | null, response: FetchSnapshotResponse | null): void => {
    if (error !== null || response === null) return callback(error, null)
    const answer = response.topics[0]?.partitions[0]
    const errorCode =
      response.errorCode === ErrorCode.NONE ? (answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR) : response.errorCode
    if (errorCode !== ErrorCode.NONE || answer === undefined) {
      return callback(new Error(`FetchSnapshot answered ${errorName(errorCode)}`), null)
    }
    const { unalignedRecords, size } = answer
    if (answer.position !== position || unalignedRecords.length === 0 || size > SNAPSHOT_BYTES_MAX) {
      return callback(
        new Error(`FetchSnapshot answered position ${answer.position} of ${size} bytes, asked ${position}`),
        null,
      )
    }
    pieces.push(Buffer.from(unalignedRecords))
    position += unalignedRecords.length
    if (position < size) next()
    else callback(null, Buffer.concat(pieces, position))
  }
  next()
}
