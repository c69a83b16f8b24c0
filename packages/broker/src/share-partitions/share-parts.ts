/** Everything about share groups that a broker's handlers need besides the group coordinator, put together. */
import type { BrokerRuntime } from '../broker-runtime.ts'
import { PeerChannels, type OpenPeer } from '../coordination/peer-channels.ts'
import { Forwarder } from '../forwarding/forwarder.ts'
import { TopicCreation } from '../forwarding/topic-creation.ts'
import { shareGroupStateTopic } from '../share-coordinator/internal-topic.ts'
import { SharePersister } from '../share-coordinator/persister.ts'
import { ShareCoordinator } from '../share-coordinator/share-coordinator.ts'
import { EndOffsets } from './end-offsets.ts'
import { SharePartitions } from './share-partitions.ts'
import { ShareSessions } from './share-sessions.ts'

export interface ShareParts {
  readonly coordinator: ShareCoordinator
  readonly persister: SharePersister
  readonly shares: SharePartitions
  readonly sessions: ShareSessions
  readonly endOffsets: EndOffsets
  close(): void
}

/** On whose behalf `__share_group_state` is made: this broker's own. */
const ITSELF = { principal: 'User:internal', remoteAddress: '127.0.0.1' } as const

/** @param openPeer opens a channel to another broker's internal listener */
export function createShareParts(runtime: BrokerRuntime, openPeer: OpenPeer): ShareParts {
  const { host, forwardingChannel, logger, metadata, settings } = runtime
  const channels = new PeerChannels(runtime, openPeer)
  const offsetChannels = new PeerChannels(runtime, openPeer)
  const coordinator = new ShareCoordinator(runtime)
  const topicCreation = new TopicCreation(host, new Forwarder(host, forwardingChannel, logger), metadata)
  const persister = new SharePersister(runtime, coordinator, channels, (done) =>
    topicCreation.create(ITSELF, shareGroupStateTopic(runtime), () => done()),
  )
  const shares = new SharePartitions(runtime, persister)
  const sessions = new ShareSessions(
    () => settings.number('group.share.max.share.sessions'),
    (groupId, memberId, isLast) => {
      shares.releaseMember(groupId, memberId)
      if (isLast) shares.retire(groupId)
    },
  )
  return {
    coordinator,
    persister,
    shares,
    sessions,
    endOffsets: new EndOffsets(runtime, offsetChannels),
    close() {
      shares.close()
      coordinator.close()
      channels.close()
      offsetChannels.close()
    },
  }
}
