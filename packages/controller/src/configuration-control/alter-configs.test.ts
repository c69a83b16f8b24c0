import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { ConfigResourceType } from '@millrace/metadata/image'
import { TOPIC_ID, broker, stateOf, topic, topicConfigRecord } from '../testing/decision-fixture.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'

const { TOPIC, BROKER, CLIENT_METRICS, GROUP } = ConfigResourceType
const state = stateOf([
  broker(1),
  ...topic('orders', TOPIC_ID, [{ replicas: [1] }]),
  topicConfigRecord('orders', 'retention.ms', '1000'),
  topicConfigRecord('orders', 'cleanup.policy', 'compact'),
])

type Change = readonly [name: string, operation: number, value: string | null]

function incremental(
  resourceType: number,
  resourceName: string,
  ...changes: Change[]
): ReturnType<typeof incrementalAlterConfigs> {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  return incrementalAlterConfigs(state, { resources: [{ resourceType, resourceName, configs }], validateOnly: false })
}

const written = (decision: ReturnType<typeof incrementalAlterConfigs>): unknown =>
  decision.records.map((record) => (record.type === 4 ? [record.body.name, record.body.value] : record.type))

describe('IncrementalAlterConfigs', () => {
  test('sets, deletes, appends and subtracts', () => {
    expect(written(incremental(TOPIC, 'orders', ['retention.ms', 1, null], ['segment.bytes', 0, '1048576']))).toEqual([
      ['retention.ms', null],
      ['segment.bytes', '1048576'],
    ])
    expect(written(incremental(TOPIC, 'orders', ['cleanup.policy', 2, 'delete,compact']))).toEqual([
      ['cleanup.policy', 'compact,delete'],
    ])
    expect(written(incremental(TOPIC, 'orders', ['cleanup.policy', 3, 'compact']))).toEqual([['cleanup.policy', '']])
  })

  test('appending to a key that is not set starts from its default', () => {
    const fresh = stateOf([...topic('orders', TOPIC_ID, [{ replicas: [1] }])])
    const configs = [{ name: 'cleanup.policy', configOperation: 2, value: 'compact' }]
    const decision = incrementalAlterConfigs(fresh, {
      resources: [{ resourceType: TOPIC, resourceName: 'orders', configs }],
      validateOnly: false,
    })
    expect(written(decision)).toEqual([['cleanup.policy', 'delete,compact']])
  })

  test('an unchanged topic value is not written, a broker’s is', () => {
    expect(incremental(TOPIC, 'orders', ['retention.ms', 0, '1000']).records).toEqual([])
    expect(incremental(BROKER, '1', ['log.cleaner.threads', 0, '2']).records.length).toBe(1)
  })

  test('groups and client metrics subscriptions have configs without being created before', () => {
    expect(written(incremental(GROUP, 'readers', ['consumer.session.timeout.ms', 0, '50000']))).toEqual([
      ['consumer.session.timeout.ms', '50000'],
    ])
    expect(
      written(
        incremental(
          CLIENT_METRICS,
          'all',
          ['interval.ms', 0, '1000'],
          ['match', 2, 'client_id=abc.*'],
          ['metrics', 0, '*'],
        ),
      ),
    ).toEqual([
      ['interval.ms', '1000'],
      ['match', 'client_id=abc.*'],
      ['metrics', '*'],
    ])
  })

  const REFUSALS: readonly [string, number, string, Change, number][] = [
    ['an unknown topic', TOPIC, 'none', ['retention.ms', 0, '1'], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown topic key', TOPIC, 'orders', ['no.such', 0, '1'], ErrorCode.INVALID_CONFIG],
    ['deleting an unknown topic key', TOPIC, 'orders', ['no.such', 1, null], ErrorCode.INVALID_CONFIG],
    ['a group without a name', GROUP, '', ['consumer.session.timeout.ms', 0, '50000'], ErrorCode.INVALID_REQUEST],
    ['an unknown group key', GROUP, 'g', ['no.such', 0, '1'], ErrorCode.INVALID_CONFIG],
    [
      'less than brokers allow groups',
      GROUP,
      'g',
      ['consumer.session.timeout.ms', 0, '44999'],
      ErrorCode.INVALID_CONFIG,
    ],
    ['more than brokers allow groups', GROUP, 'g', ['share.session.timeout.ms', 0, '60001'], ErrorCode.INVALID_CONFIG],
    ['a subscription without a name', CLIENT_METRICS, '', ['interval.ms', 0, '1000'], ErrorCode.INVALID_REQUEST],
    ['an unknown subscription key', CLIENT_METRICS, 's', ['no.such', 0, '1'], ErrorCode.INVALID_CONFIG],
    ['a push interval below 100 ms', CLIENT_METRICS, 's', ['interval.ms', 0, '99'], ErrorCode.INVALID_CONFIG],
    ['a match by no known attribute', CLIENT_METRICS, 's', ['match', 0, 'colour=red'], ErrorCode.INVALID_CONFIG],
    ['a match that is no expression', CLIENT_METRICS, 's', ['match', 0, 'client_id=('], ErrorCode.INVALID_CONFIG],
    ['a value out of range', TOPIC, 'orders', ['min.insync.replicas', 0, '0'], ErrorCode.INVALID_CONFIG],
    ['a value of no choice', TOPIC, 'orders', ['compression.type', 0, 'brotli'], ErrorCode.INVALID_CONFIG],
    ['null with SET', TOPIC, 'orders', ['retention.ms', 0, null], ErrorCode.INVALID_REQUEST],
    ['APPEND to a number', TOPIC, 'orders', ['retention.ms', 2, '1'], ErrorCode.INVALID_CONFIG],
    ['an unknown operation', TOPIC, 'orders', ['retention.ms', 9, '1'], ErrorCode.INVALID_REQUEST],
    ['an unknown broker', BROKER, '7', ['log.cleaner.threads', 0, '2'], ErrorCode.INVALID_REQUEST],
    ['a broker that is no number', BROKER, 'x', ['log.cleaner.threads', 0, '2'], ErrorCode.INVALID_REQUEST],
    ['a read-only broker key', BROKER, '1', ['node.id', 0, '2'], ErrorCode.INVALID_REQUEST],
    ['a per-broker key as cluster default', BROKER, '', ['ssl.keystore.type', 0, 'PEM'], ErrorCode.INVALID_REQUEST],
    ['a resource type without configs here', 8, '1', ['kafka', 0, 'INFO'], ErrorCode.INVALID_REQUEST],
  ]
  test.each(REFUSALS)('%s is refused', (_, type, name, change, errorCode) => {
    const decision = incremental(type, name, change)
    expect(decision.records).toEqual([])
    expect(decision.response.responses[0]?.errorCode).toBe(errorCode)
  })

  test('a broker key that is not known is kept: it may be a plugin’s', () => {
    expect(incremental(BROKER, '', ['no.such', 0, '2']).records).toMatchObject([
      { body: { name: 'no.such', value: '2' } },
    ])
  })

  test('a key twice, or a resource twice, is refused', () => {
    expect(
      incremental(TOPIC, 'orders', ['retention.ms', 0, '1'], ['retention.ms', 0, '2']).response.responses[0]?.errorCode,
    ).toBe(ErrorCode.INVALID_REQUEST)
    const resource = {
      resourceType: TOPIC,
      resourceName: 'orders',
      configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
    }
    const decision = incrementalAlterConfigs(state, { resources: [resource, resource], validateOnly: false })
    expect(decision.response.responses.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST])
  })

  test('a lag minimum above the maximum is refused, seen over all configs of the topic', () => {
    const decision = incremental(TOPIC, 'orders', ['min.compaction.lag.ms', 0, '10'], ['max.compaction.lag.ms', 0, '5'])
    expect(decision.response.responses[0]).toMatchObject({ errorCode: ErrorCode.INVALID_CONFIG })
  })

  test('a bad resource does not hold up the others; validateOnly writes nothing', () => {
    const good = {
      resourceType: TOPIC,
      resourceName: 'orders',
      configs: [{ name: 'retention.ms', configOperation: 0, value: '1' }],
    }
    const bad = { ...good, resourceName: 'none' }
    const decision = incrementalAlterConfigs(state, { resources: [bad, good], validateOnly: false })
    expect(decision.response.responses.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      0,
    ])
    expect(decision.records.length).toBe(1)
    expect(incrementalAlterConfigs(state, { resources: [good], validateOnly: true }).records).toEqual([])
  })
})

describe('AlterConfigs', () => {
  test('what is not listed goes back to its default', () => {
    const resources = [
      { resourceType: TOPIC, resourceName: 'orders', configs: [{ name: 'retention.ms', value: '2000' }] },
    ]
    expect(written(alterConfigs(state, { resources, validateOnly: false }))).toEqual([
      ['retention.ms', '2000'],
      ['cleanup.policy', null],
    ])
  })
})
