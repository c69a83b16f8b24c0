import { describe, expect, test } from 'vitest'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import type { MetadataImage } from '@millrace/metadata/image'
import { imageFromSnapshot, imageSnapshotChunks } from '@millrace/metadata/snapshot-format'
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from '@millrace/protocol/messages/67-allocate-producer-ids'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import { deleteTopicsRequest, deleteTopicsResponse } from '@millrace/protocol/messages/20-delete-topics'
import { ZERO_UUID } from '@millrace/base/uuid'
import { ControllerFixture } from './testing/controller-fixture.ts'
import type { ImitatedBroker } from './testing/controller-fixture.ts'

/** What must survive: everything but where in the log it was read. */
function content(image: MetadataImage): unknown {
  const { offset: _, epoch: __, timestampMs: ___, controllers: ____, ...rest } = image
  return rest
}

/** One random act of a broker. Returns producer ids that were given out. */
function act(random: SeededRandom, broker: ImitatedBroker, step: number): number | null {
  switch (random.below(5)) {
    case 0:
    case 1:
      broker.createTopic(`topic-${step}`, 1 + random.below(4), 1 + random.below(3))
      return null
    case 2: {
      const topics = [{ name: `topic-${random.below(step + 1)}`, topicId: ZERO_UUID }]
      broker.ask(deleteTopicsRequest, deleteTopicsResponse, 6, { topics, timeoutMs: 1000 })
      return null
    }
    case 3: {
      const configs = [{ name: 'retention.ms', configOperation: random.below(2), value: String(random.below(1000)) }]
      const resources = [{ resourceType: 2, resourceName: `topic-${random.below(step + 1)}`, configs }]
      broker.ask(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, { resources, validateOnly: false })
      return null
    }
    default:
      return broker.ask(allocateProducerIdsRequest, allocateProducerIdsResponse, 0, {
        brokerId: broker.id,
        brokerEpoch: broker.epoch,
      }).producerIdStart
  }
}

describe('any history', () => {
  test.each([101, 102, 103, 104])(
    'is the same live, from the log, from a snapshot and at the brokers; nothing is given out twice (seed %i)',
    (seed) => {
      const random = new SeededRandom(seed)
      const between = random.below(2) === 0 ? '3000' : '20971520'
      const fixture = new ControllerFixture(seed, {
        'metadata.log.max.record.bytes.between.snapshots': between,
        'metadata.max.retention.bytes': '12000',
      })
      const [observer, actor, victim] = [fixture.liveBroker(1), fixture.liveBroker(2), fixture.liveBroker(3)]
      const producerIds = new Set<number>()
      const brokerEpochs = new Set([observer.epoch, actor.epoch, victim.epoch])
      const topicIds = new Map<string, string>()
      for (let step = 0; step < 50; step++) {
        const start = act(random, actor, step)
        if (start !== null) {
          expect(producerIds.has(start)).toBe(false)
          producerIds.add(start)
        }
        for (const topic of fixture.image.topicsById.values()) {
          expect(topicIds.get(topic.id) ?? topic.name).toBe(topic.name)
          topicIds.set(topic.id, topic.name)
        }
        if (random.below(10) === 0) {
          victim.die()
          fixture.world.advance(random.below(1500))
          victim.comeBack()
          expect(brokerEpochs.has(victim.epoch)).toBe(false)
          brokerEpochs.add(victim.epoch)
        }
        if (random.below(15) !== 0) continue
        fixture.world.runUntil(
          () => fixture.controller.runtime.log.highWatermark === fixture.controller.runtime.log.nextOffset,
        )
        const before = fixture.image
        const { epoch } = fixture.controller
        const crash = random.below(3)
        if (crash === 0) {
          fixture.host.crashMachine()
          fixture.host.restart()
          fixture.start()
        } else fixture.restart()
        expect(fixture.controller.epoch).toBe(epoch + 1)
        expect(content(fixture.image)).toEqual(content(before))
        // Brokers notice the reset, or the silence, and connect again.
        fixture.world.advance(crash === 0 ? 35_000 : 2000)
      }
      fixture.world.runUntil(() => observer.image.offset === fixture.image.offset)
      expect(content(observer.image)).toEqual(content(fixture.image))
      const snapshot = Buffer.concat([...imageSnapshotChunks(fixture.image, 1)])
      const id = { endOffset: fixture.image.offset + 1, epoch: fixture.image.epoch }
      expect(content(imageFromSnapshot(snapshot, id))).toEqual(content(fixture.image))
      expect(fixture.failures).toEqual([])
    },
  )
})
