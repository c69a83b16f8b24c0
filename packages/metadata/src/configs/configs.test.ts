import { describe, expect, test } from 'vitest'
import { MetadataDelta } from '../delta.ts'
import { emptyImage } from '../image.ts'
import type { MetadataImage } from '../image.ts'
import { brokerConfig, brokerConfigs } from './broker-configs.ts'
import { configValueError } from './definition.ts'
import type { ConfigContext } from './effective.ts'
import {
  brokerNumber,
  brokerValue,
  clusterDefaultConfigs,
  effectiveBrokerConfigs,
  effectiveClientMetricsConfigs,
  effectiveGroupConfigs,
  effectiveTopicConfigs,
  groupNumber,
  topicValue,
} from './effective.ts'
import { toLogConfig } from './to-log-config.ts'
import { topicConfig, topicConfigs } from './topic-configs.ts'

function imageWith(
  ...configs: readonly (readonly [type: number, resource: string, name: string, value: string])[]
): MetadataImage {
  const delta = new MetadataDelta(emptyImage)
  for (const [resourceType, resourceName, name, value] of configs)
    delta.replay({ type: 4, version: 0, body: { resourceType, resourceName, name, value } })
  return delta.finish({ offset: 0, epoch: 1, timestampMs: 0 }).image
}

function context(image: MetadataImage = emptyImage, properties: Readonly<Record<string, string>> = {}): ConfigContext {
  return { image, properties, nodeId: 1 }
}

describe('definitions', () => {
  test('every key is there once, sorted, with a sentence', () => {
    for (const definitions of [topicConfigs, brokerConfigs]) {
      const names = definitions.map(({ name }) => name)
      expect(names).toEqual([...new Set(names)].sort())
      for (const { about } of definitions) expect(about).toMatch(/^[A-Z0-9].*[.]$/)
    }
    expect(topicConfigs.length).toBe(36)
    expect(brokerConfigs.length).toBe(278)
  })

  test('every default satisfies its own type and validator', () => {
    for (const definition of [...topicConfigs, ...brokerConfigs]) {
      if (definition.default !== null)
        expect([definition.name, configValueError(definition, definition.default)]).toEqual([definition.name, null])
    }
  })

  test('every synonym of a topic key is a broker key with the same default', () => {
    for (const { name, synonyms, default: own } of topicConfigs) {
      for (const synonym of synonyms) expect([name, brokerConfig(synonym.name) !== undefined]).toEqual([name, true])
      if (synonyms.length > 0) expect([name, topicValue(context(), 't', name)]).toEqual([name, own])
    }
  })

  test.each([
    ['segment.bytes', '13', 'Invalid value 13 for configuration segment.bytes: Value must be at least 14'],
    [
      'segment.bytes',
      '2147483648',
      'Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT',
    ],
    ['retention.ms', '9223372036854775807', null],
    [
      'retention.ms',
      '9223372036854775808',
      'Invalid value 9223372036854775808 for configuration retention.ms: Not a number of type LONG',
    ],
    ['retention.ms', '-2', 'Invalid value -2 for configuration retention.ms: Value must be at least -1'],
    [
      'preallocate',
      'yes',
      'Invalid value yes for configuration preallocate: Expected value to be either true or false',
    ],
    ['preallocate', 'TRUE', null],
    [
      'min.cleanable.dirty.ratio',
      '1.1',
      'Invalid value 1.1 for configuration min.cleanable.dirty.ratio: Value must be no more than 1',
    ],
    ['cleanup.policy', 'compact, delete', null],
    [
      'cleanup.policy',
      'compact,never',
      'Invalid value compact,never for configuration cleanup.policy: String must be one of: compact, delete',
    ],
    [
      'compression.gzip.level',
      '0',
      'Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1',
    ],
    ['leader.replication.throttled.replicas', '0:1,1:2', null],
    ['leader.replication.throttled.replicas', '*', null],
  ])('%s = %s', (name, value, complaint) => {
    const definition = topicConfig(name)
    expect(definition === undefined ? 'unknown' : configValueError(definition, value)).toBe(complaint)
  })
})

describe('effective values', () => {
  test('a group’s own config is above the broker’s', () => {
    const image = imageWith([32, 'readers', 'consumer.session.timeout.ms', '50000'])
    const properties = { 'group.consumer.session.timeout.ms': '48000' }
    expect(groupNumber(context(image, properties), 'readers', 'consumer.session.timeout.ms')).toBe(50_000)
    expect(groupNumber(context(image, properties), 'others', 'consumer.session.timeout.ms')).toBe(48_000)
    expect(groupNumber(context(image), 'others', 'consumer.session.timeout.ms')).toBe(45_000)
    const described = effectiveGroupConfigs(context(image), 'readers')
    expect(described.find(({ name }) => name === 'consumer.session.timeout.ms')).toMatchObject({
      value: '50000',
      source: 8,
    })
    expect(described.find(({ name }) => name === 'share.heartbeat.interval.ms')).toMatchObject({ source: 5 })
  })

  test('a client metrics subscription shows its own configs and the defaults', () => {
    const image = imageWith([16, 'all', 'interval.ms', '1000'])
    const found = effectiveClientMetricsConfigs(context(image), 'all').map(({ name, value, source }) => [
      name,
      value,
      source,
    ])
    expect(found).toEqual([
      ['interval.ms', '1000', 7],
      ['match', '', 5],
      ['metrics', '', 5],
    ])
  })

  const layered = imageWith(
    [2, 'orders', 'retention.ms', '1'],
    [4, '1', 'log.retention.ms', '2'],
    [4, '', 'log.retention.ms', '3'],
    [4, '2', 'log.retention.ms', '9'],
  )

  test('the topic’s own value wins, then this broker’s, the cluster’s, the static one, the default', () => {
    const properties = { 'log.retention.ms': '4', 'log.retention.hours': '1' }
    const retention = effectiveTopicConfigs(context(layered, properties), 'orders').find(
      ({ name }) => name === 'retention.ms',
    )
    expect(retention).toMatchObject({ value: '1', source: 1, isReadOnly: false, isSensitive: false })
    expect(retention?.synonyms).toEqual([
      { name: 'retention.ms', value: '1', source: 1 },
      { name: 'log.retention.ms', value: '2', source: 2 },
      { name: 'log.retention.ms', value: '3', source: 3 },
      { name: 'log.retention.ms', value: '4', source: 4 },
      { name: 'log.retention.hours', value: '1', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ])
    expect(topicValue(context(layered, properties), 'payments', 'retention.ms')).toBe('2')
    expect(topicValue({ ...context(layered, properties), nodeId: 7 }, 'payments', 'retention.ms')).toBe('3')
    expect(topicValue(context(emptyImage, properties), 'payments', 'retention.ms')).toBe('4')
  })

  test.each([
    [{ 'log.retention.minutes': '2', 'log.retention.hours': '5' }, '120000'],
    [{ 'log.retention.hours': '-1' }, '-1'],
    [{ 'log.roll.hours': '1' }, '604800000'],
  ])('%o gives retention.ms %s', (properties, value) => {
    expect(topicValue(context(emptyImage, properties), 'orders', 'retention.ms')).toBe(value)
  })

  test('layers of other units are not listed without one of the key’s main name, as Kafka has it', () => {
    const ofTopic = (properties: Record<string, string>, name: string): unknown =>
      effectiveTopicConfigs(context(emptyImage, properties), 'orders').find((config) => config.name === name)?.synonyms
    expect(ofTopic({}, 'retention.ms')).toEqual([])
    expect(ofTopic({ 'log.retention.hours': '1' }, 'retention.ms')).toEqual([])
    expect(ofTopic({}, 'flush.ms')).toEqual([])
    expect(ofTopic({}, 'compression.type')).toEqual([{ name: 'compression.type', value: 'producer', source: 5 }])
  })

  test('a broker key: its own layers decide, its family is listed', () => {
    const configs = effectiveBrokerConfigs(context(layered, { 'log.retention.hours': '5' }))
    const own = configs.find(({ name }) => name === 'log.retention.ms')
    expect(own).toMatchObject({ value: '2', source: 2, isReadOnly: false })
    expect(own?.synonyms.map(({ name }) => name)).toContain('log.retention.hours')
    expect(configs.find(({ name }) => name === 'log.retention.minutes')).toMatchObject({
      value: null,
      source: 5,
      isReadOnly: true,
    })
    expect(configs.find(({ name }) => name === 'log.retention.hours')).toMatchObject({ value: '5', source: 4 })
  })

  test('passwords and unknown static keys are sensitive and show no value', () => {
    const configs = effectiveBrokerConfigs(context(emptyImage, { 'ssl.key.password': 'x', 'some.custom.key': 'y' }))
    expect(configs.find(({ name }) => name === 'ssl.key.password')).toMatchObject({
      value: null,
      isSensitive: true,
      synonyms: [],
    })
    expect(configs.find(({ name }) => name === 'some.custom.key')).toMatchObject({
      value: null,
      isSensitive: true,
      isReadOnly: true,
      type: null,
    })
    expect(brokerValue(context(emptyImage, { 'some.custom.key': 'y' }), 'some.custom.key')).toBe('y')
  })

  test('a key that is no broker’s is shown without its value, as Kafka does', () => {
    const image = imageWith([4, '1', 'plugin.secret', 'x'], [4, '', 'plugin.size', '2'])
    const shown = effectiveBrokerConfigs(context(image)).filter(({ name }) => name.startsWith('plugin.'))
    const hidden = { value: null, isSensitive: true, isReadOnly: true }
    expect(shown).toMatchObject([
      { name: 'plugin.secret', source: 2, ...hidden },
      { name: 'plugin.size', source: 3, ...hidden },
    ])
    expect(clusterDefaultConfigs(context(image))).toMatchObject([{ name: 'plugin.size', source: 3, ...hidden }])
  })

  test('the cluster default lists only what is set', () => {
    expect(clusterDefaultConfigs(context(layered)).map(({ name, value, source }) => [name, value, source])).toEqual([
      ['log.retention.ms', '3', 3],
    ])
  })

  test('numbers are numbers', () => {
    expect(brokerNumber(context(emptyImage, { 'num.partitions': '12' }), 'num.partitions')).toBe(12)
    expect(() => brokerNumber(context(), 'log.retention.ms')).toThrow(/no value/)
  })

  test('the log’s settings follow the topic', () => {
    const image = imageWith(
      [2, 'orders', 'cleanup.policy', 'compact,delete'],
      [2, 'orders', 'segment.bytes', '1048576'],
    )
    expect(toLogConfig(context(image, { 'min.insync.replicas': '2' }), 'orders')).toMatchObject({
      cleanupPolicy: { compact: true, delete: true },
      segmentBytes: 1_048_576,
      minInsyncReplicas: 2,
      retentionMs: 604_800_000,
      messageTimestampType: 'CreateTime',
    })
  })
})
