/** A follower outside its leader's log asks the leader where its log begins and ends (ListOffsets −2 and −1). */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  listOffsetsRequest,
  listOffsetsResponse,
  type ListOffsetsResponse,
} from '@millrace/protocol/messages/02-list-offsets'
import type { PeerChannel } from '../lifecycle/controller-channel.ts'
import type { Partition } from './partition.ts'

const VERSION = 7
const REQUEST_TIMEOUT_MS = 10_000
const LATEST = -1
const EARLIEST = -2

export interface LeaderOffsets {
  readonly logStartOffset: number
  readonly logEndOffset: number
}

export function findStartOffset(
  channel: PeerChannel,
  nodeId: number,
  partition: Partition,
  callback: (error: Error | null, offsets: LeaderOffsets | null) => void,
): void {
  listOffset(channel, nodeId, partition, LATEST, (error, logEndOffset) => {
    if (error !== null) return callback(error, null)
    listOffset(channel, nodeId, partition, EARLIEST, (secondError, logStartOffset) => {
      callback(secondError, secondError === null ? { logStartOffset, logEndOffset } : null)
    })
  })
}

function listOffset(
  channel: PeerChannel,
  nodeId: number,
  partition: Partition,
  timestamp: number,
  callback: (error: Error | null, offset: number) => void,
): void {
  const asked = { partitionIndex: partition.partition, currentLeaderEpoch: partition.leaderEpoch, timestamp }
  const body = { replicaId: nodeId, isolationLevel: 0, topics: [{ name: partition.topic, partitions: [asked] }] }
  const answered = (error: Error | null, response: ListOffsetsResponse | null): void => {
    if (error !== null) return callback(error, -1)
    const answer = response?.topics[0]?.partitions[0]
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
      return callback(new Error(`ListOffsets answered error ${answer?.errorCode ?? 'nothing'}`), -1)
    }
    callback(null, answer.offset)
  }
  channel.send(listOffsetsRequest, listOffsetsResponse, VERSION, body, answered, REQUEST_TIMEOUT_MS)
}
