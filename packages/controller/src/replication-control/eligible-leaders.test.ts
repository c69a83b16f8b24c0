/** Eligible leader replicas (KIP-966) through every decision that concerns them. */
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { partitionByName } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { registerBroker } from '../cluster-control/register-broker.ts'
import { incrementalAlterConfigs } from '../configuration-control/alter-configs.ts'
import type { ControlState } from '../decision.ts'
import { TOPIC_ID, after, broker, directory, stateOf, topic, topicConfigRecord } from '../testing/decision-fixture.ts'
import type { PartitionOptions } from '../testing/decision-fixture.ts'
import { updateFeatures } from '../update-features.ts'
import { withConsequences } from './consequences.ts'
import { electWhereLeaderless, leaveIsrs, leaveUncleanly } from './leadership.ts'
import { alterPartitionReassignments } from './reassignments.ts'

const ON = { level: 26, features: { 'eligible.leader.replicas.version': 1 } }
const UNCLEAN = topicConfigRecord('orders', 'unclean.leader.election.enable', 'true')

/** Replicas 1, 2 and 3 of a topic with min.insync.replicas=2. */
function cluster(partition: Partial<PartitionOptions> = {}, ...more: readonly MetadataRecord[]): ControlState {
  return stateOf(
    [
      broker(1),
      broker(2),
      broker(3),
      ...topic('orders', TOPIC_ID, [{ replicas: [1, 2, 3], ...partition }]),
      topicConfigRecord('orders', 'min.insync.replicas', '2'),
      ...more,
    ],
    ON,
  )
}

const partitionOf = (state: ControlState): PartitionState | undefined => partitionByName(state.image, 'orders', 0)
const apply = (state: ControlState, records: readonly MetadataRecord[]): ControlState =>
  after(state, { records, response: null })
const without = (state: ControlState, id: number): ControlState =>
  apply(state, [...leaveIsrs(state, id), broker(id, { fenced: true })])

describe('brokers leave one after the other', () => {
  test('an ISR that is large enough lists nobody', () => {
    expect(partitionOf(without(cluster(), 3))).toMatchObject({ isr: [1, 2], eligibleLeaderReplicas: [] })
  })

  test('who leaves an ISR below min.insync.replicas is eligible', () => {
    const state = without(without(cluster(), 3), 2)
    expect(partitionOf(state)).toMatchObject({ leader: 1, isr: [1], eligibleLeaderReplicas: [2], lastKnownElr: [] })
  })

  test('the ISR may become empty, and who led last is remembered', () => {
    const state = without(without(without(cluster(), 3), 2), 1)
    expect(partitionOf(state)).toMatchObject({
      leader: -1,
      isr: [],
      eligibleLeaderReplicas: [1, 2],
      lastKnownElr: [1],
    })
  })

  test('an empty ISR elects an eligible replica that lives, cleanly', () => {
    const state = without(cluster({ isr: [1], eligible: [2] }), 1)
    expect(partitionOf(state)).toMatchObject({
      leader: 2,
      isr: [2],
      eligibleLeaderReplicas: [1],
      lastKnownElr: [],
      leaderRecoveryState: 0,
    })
  })

  test('min.insync.replicas counts no more than there are replicas', () => {
    const state = cluster({ replicas: [1] })
    expect(partitionOf(without(state, 1))).toMatchObject({ isr: [], eligibleLeaderReplicas: [1], lastKnownElr: [1] })
  })

  test('without the feature the last member stays and nobody is listed', () => {
    const state = stateOf([broker(1), broker(2), ...topic('orders', TOPIC_ID, [{ replicas: [1, 2], isr: [1] }])], {
      level: 26,
      properties: { 'min.insync.replicas': '2' },
    })
    expect(partitionOf(without(state, 1))).toMatchObject({ leader: -1, isr: [1], eligibleLeaderReplicas: [] })
  })
})

describe('brokers come back', () => {
  const alone = { isr: [], leader: -1, eligible: [1, 2], lastKnown: [1] }
  const back = (state: ControlState, id: number): PartitionState | undefined =>
    partitionOf(apply(state, electWhereLeaderless(state, id)))
  const fenced = [broker(1, { fenced: true }), broker(2, { fenced: true }), broker(3, { fenced: true })]

  test('an eligible one leads, alone in the ISR', () => {
    const state = cluster(alone, ...fenced)
    expect(back(state, 2)).toMatchObject({ leader: 2, isr: [2], eligibleLeaderReplicas: [1], lastKnownElr: [] })
  })

  test('one that is not eligible waits', () => {
    const state = cluster(alone, ...fenced)
    expect(electWhereLeaderless(state, 3)).toEqual([])
  })

  test('the last leader waits as long as another is eligible, and leads when nobody is, uncleanly', () => {
    const other = cluster({ ...alone, eligible: [2] }, ...fenced)
    expect(electWhereLeaderless(other, 1)).toEqual([])
    const nobody = cluster({ ...alone, eligible: [] }, ...fenced)
    expect(electWhereLeaderless(nobody, 2)).toEqual([])
    expect(back(nobody, 1)).toMatchObject({ leader: 1, isr: [1], lastKnownElr: [], leaderRecoveryState: 1 })
  })

  test('an eligible replica is preferred over an unclean election', () => {
    const state = cluster(alone, ...fenced, UNCLEAN)
    expect(back(state, 2)).toMatchObject({ leader: 2, leaderRecoveryState: 0 })
    expect(back(state, 3)).toMatchObject({ leader: 3, isr: [3], eligibleLeaderReplicas: [], leaderRecoveryState: 1 })
  })
})

describe('an unclean shutdown', () => {
  test('ends eligibility, and membership of the ISR', () => {
    const state = cluster({ isr: [1], eligible: [2, 3] })
    expect(partitionOf(apply(state, leaveUncleanly(state, 2)))).toMatchObject({ isr: [1], eligibleLeaderReplicas: [3] })
    expect(partitionOf(apply(state, leaveUncleanly(state, 1)))).toMatchObject({
      leader: 2,
      isr: [2],
      eligibleLeaderReplicas: [3],
    })
  })

  const register = (state: ControlState, previousBrokerEpoch: number): PartitionState | undefined =>
    partitionOf(
      after(
        state,
        registerBroker(state, {
          brokerId: 2,
          clusterId: 'cluster',
          incarnationId: 'bmV3IGluY2FybmF0aW9uIQ',
          listeners: [{ name: 'CLIENT', host: 'localhost', port: 9092, securityProtocol: 0 }],
          features: [
            { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 27 },
            { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
          ],
          rack: null,
          isMigratingZkBroker: false,
          logDirs: [directory(2)],
          previousBrokerEpoch,
        }),
      ),
    )

  test.each([
    ['with the epoch it had', 2, [1, 2]],
    ['without an epoch', -1, [1]],
    ['with an older epoch', 1, [1]],
  ])('is told by the registration that follows: %s', (_, previousBrokerEpoch, eligible) => {
    const state = cluster(
      { isr: [], leader: -1, eligible: [1, 2], lastKnown: [1] },
      broker(1, { fenced: true }),
      broker(2, { fenced: true }),
    )
    expect(register(state, previousBrokerEpoch)?.eligibleLeaderReplicas).toEqual(eligible)
  })
})

describe('rules change', () => {
  const minIsr = (state: ControlState, value: string): PartitionState | undefined => {
    const configs = [{ name: 'min.insync.replicas', configOperation: 0, value }]
    const request = { resources: [{ resourceType: 2, resourceName: 'orders', configs }], validateOnly: false }
    return partitionOf(after(state, withConsequences(state, incrementalAlterConfigs(state, request))))
  }

  test('nobody is eligible beside an ISR that has become large enough', () => {
    const state = cluster({ isr: [1], eligible: [2] })
    expect(minIsr(state, '1')).toMatchObject({ isr: [1], eligibleLeaderReplicas: [] })
    expect(minIsr(state, '3')).toMatchObject({ isr: [1], eligibleLeaderReplicas: [2] })
  })

  test('a single broker gets no min.insync.replicas of its own', () => {
    const ask = (state: ControlState, resourceName: string): number | undefined => {
      const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '1' }]
      const resources = [{ resourceType: 4, resourceName, configs }]
      return incrementalAlterConfigs(state, { resources, validateOnly: false }).response.responses[0]?.errorCode
    }
    expect(ask(cluster(), '1')).toBe(ErrorCode.INVALID_CONFIG)
    expect(ask(cluster(), '')).toBe(0)
    expect(ask(stateOf([broker(1)], { level: 26 }), '1')).toBe(0)
  })

  const level = (state: ControlState, maxVersionLevel: number): ControlState => {
    const featureUpdates = [
      {
        feature: 'eligible.leader.replicas.version',
        maxVersionLevel,
        allowDowngrade: false,
        upgradeType: maxVersionLevel === 0 ? 2 : 1,
      },
    ]
    const supported = [{ name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1 }]
    const decision = updateFeatures(state, { timeoutMs: 1, featureUpdates, validateOnly: false }, 1, supported)
    return after(state, withConsequences(state, decision))
  }

  test('the feature ends: nobody is listed, and an empty ISR gets back who may lead', () => {
    expect(partitionOf(level(cluster({ isr: [1], eligible: [2] }), 0))).toMatchObject({
      isr: [1],
      eligibleLeaderReplicas: [],
    })
    const gone = [broker(1, { fenced: true }), broker(2, { fenced: true })]
    const empty = { isr: [], leader: -1, lastKnown: [1] }
    const eligible = level(cluster({ ...empty, eligible: [1, 2] }, ...gone), 0)
    expect(partitionOf(eligible)).toMatchObject({
      leader: -1,
      isr: [1, 2],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })
    const nobody = level(cluster({ ...empty, eligible: [] }, ...gone), 0)
    expect(partitionOf(nobody)).toMatchObject({ leader: -1, isr: [1], lastKnownElr: [] })
  })

  test('the feature begins: what single brokers have of min.insync.replicas is removed', () => {
    const own: MetadataRecord = {
      type: RecordType.CONFIG,
      version: 0,
      body: { resourceType: 4, resourceName: '1', name: 'min.insync.replicas', value: '1' },
    }
    const registered = broker(1)
    if (registered.type === RecordType.REGISTER_BROKER)
      registered.body.features.push({
        name: 'eligible.leader.replicas.version',
        minSupportedVersion: 0,
        maxSupportedVersion: 1,
      })
    const state = level(stateOf([registered, own], { level: 26 }), 1)
    expect(state.image.features.get('eligible.leader.replicas.version')).toBe(1)
    expect([...state.image.configs.values()].flatMap((each) => [...each.keys()])).toEqual([])
  })

  test('a replica that a reassignment removes is not eligible any more', () => {
    const state = cluster({ isr: [1], eligible: [2, 3] })
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }]
    const decision = alterPartitionReassignments(state, { timeoutMs: 1, allowReplicationFactorChange: true, topics })
    const reassigned = apply(state, decision.records)
    expect(partitionOf(reassigned)?.removingReplicas).toEqual([3])
    const done = apply(reassigned, leaveUncleanly(reassigned, 3))
    expect(partitionOf(done)?.eligibleLeaderReplicas).toEqual([2])
  })
})
