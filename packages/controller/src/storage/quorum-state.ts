/**
 * `quorum-state` (kafka-records §1.4, version 0): the raft epoch, written before the epoch is used, so that no epoch is
 * ever used twice. One line of JSON without newline; the order of the keys is Kafka's.
 */
import type { Disk } from '@millrace/base/host'

const FILE = 'quorum-state'

/** The last epoch this node led; 0 when the file is missing. Throws for a malformed file. */
export function readQuorumEpoch(disk: Disk, directory: string): number {
  const path = `${directory}/${FILE}`
  if (!disk.exists(path)) return 0
  const [line = ''] = Buffer.from(disk.readFile(path)).toString('utf8').split('\n')
  const state: unknown = JSON.parse(line)
  if (typeof state === 'object' && state !== null && 'leaderEpoch' in state && 'data_version' in state) {
    const { leaderEpoch, data_version: version } = state
    if (typeof leaderEpoch === 'number' && (version === 0 || version === 1)) return leaderEpoch
  }
  throw new Error(`${path} is malformed`)
}

/** Records that this node, the only voter, leads `epoch`. Durable when it returns. */
export function writeQuorumState(disk: Disk, directory: string, leaderId: number, epoch: number): void {
  const state = {
    clusterId: '',
    leaderId,
    leaderEpoch: epoch,
    votedId: -1,
    appliedOffset: 0,
    currentVoters: [{ voterId: leaderId }],
    data_version: 0,
  }
  disk.writeFileAtomic(`${directory}/${FILE}`, Buffer.from(JSON.stringify(state)), { sync: true })
}
