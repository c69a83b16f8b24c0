import { topicConfigs } from '@millrace/metadata/configs/topic-configs'
import { configResourceKey } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { describeConfigsRequest, describeConfigsResponse } from '@millrace/protocol/messages/32-describe-configs'
import { describe, expect, it } from 'vitest'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { ask, createHandlerFixture, defaultImage } from './handler-fixture.ts'

const TOPIC = 2
const BROKER = 4

function createDescribe() {
  const configs = new Map([
    [configResourceKey(TOPIC, 'orders'), new Map([['cleanup.policy', 'compact']])],
    [configResourceKey(BROKER, ''), new Map([['log.retention.ms', '5000']])],
  ])
  const properties = { 'min.insync.replicas': '2', 'ssl.keystore.password': 'hidden', 'unknown.key': 'secret' }
  const { runtime } = createHandlerFixture(defaultImage({ configs }), properties)
  const handler = describeConfigsHandler(runtime)
  return (
    version: number,
    resourceType: number,
    resourceName: string,
    more: object = {},
    configurationKeys: string[] | null = null,
  ) => {
    const body = { resources: [{ resourceType, resourceName, configurationKeys }], ...more }
    const [result] =
      ask(handler, describeConfigsRequest, describeConfigsResponse, version, body).response?.results ?? []
    if (result === undefined) throw new Error('no result')
    return { ...result, config: (name: string) => result.configs.find((config) => config.name === name) }
  }
}

describe('DescribeConfigs', () => {
  it('tells the node id and the rack of the broker among its static properties', () => {
    const result = createDescribe()(4, BROKER, '1')
    expect(result.config('node.id')).toMatchObject({ value: '1', configSource: 4, readOnly: true })
    expect(result.config('broker.id')).toMatchObject({ value: '1', configSource: 4 })
    expect(result.config('broker.rack')).toMatchObject({ value: 'zone-1', configSource: 4, readOnly: true })
  })

  it('lists every topic config with its effective value', () => {
    const result = createDescribe()(4, TOPIC, 'orders')
    expect(result.configs.map(({ name }) => name)).toEqual(topicConfigs.map(({ name }) => name))
    // Kafka Connect refuses to start unless this is exactly so.
    expect(result.config('cleanup.policy')).toMatchObject({
      value: 'compact',
      configSource: 1,
      readOnly: false,
      configType: 7,
    })
    expect(result.config('retention.ms')).toMatchObject({ value: '5000', configSource: 3, configType: 5 })
    expect(result.config('min.insync.replicas')).toMatchObject({ value: '2', configSource: 4 })
    expect(result.config('segment.bytes')).toMatchObject({ value: '1073741824', configSource: 5 })
  })

  it('tells in version 0 whether a value is the default', () => {
    const result = createDescribe()(0, TOPIC, 'orders')
    expect(result.config('segment.bytes')?.isDefault).toBe(true)
    expect(result.config('cleanup.policy')?.isDefault).toBe(false)
  })

  it('lists synonyms in order of precedence, and documentation, only when asked', () => {
    const describeConfigs = createDescribe()
    const asked = describeConfigs(4, TOPIC, 'orders', { includeSynonyms: true, includeDocumentation: true }, [
      'retention.ms',
      'cleanup.policy',
    ])
    expect(asked.configs.length).toBe(2)
    expect(asked.config('retention.ms')?.synonyms.map(({ name, value, source }) => [name, value, source])).toEqual([
      ['log.retention.ms', '5000', 3],
      ['log.retention.hours', '168', 5],
    ])
    expect(asked.config('cleanup.policy')?.synonyms.map(({ source }) => source)).toEqual([1, 5])
    expect(asked.config('cleanup.policy')?.documentation).toMatch(/compact/)
    const plain = describeConfigs(4, TOPIC, 'orders')
    expect(plain.config('retention.ms')).toMatchObject({ synonyms: [], documentation: null })
  })

  it('skips keys that do not exist and takes an empty list of keys for all', () => {
    const describeConfigs = createDescribe()
    expect(describeConfigs(4, TOPIC, 'orders', {}, ['no.such.key']).configs).toEqual([])
    expect(describeConfigs(4, TOPIC, 'orders', {}, []).configs.length).toBe(topicConfigs.length)
  })

  it('describes this broker, its secrets left out', () => {
    const result = createDescribe()(4, BROKER, '1')
    expect(result.config('min.insync.replicas')).toMatchObject({ value: '2', configSource: 4 })
    for (const name of ['ssl.keystore.password', 'unknown.key'])
      expect(result.config(name)).toMatchObject({ value: null, isSensitive: true })
    expect(result.config('log.dirs')?.readOnly ?? true).toBe(true)
  })

  it('answers a resource once, however often it is asked for', () => {
    const handler = describeConfigsHandler(createHandlerFixture(defaultImage()).runtime)
    const resources = [TOPIC, BROKER, TOPIC, BROKER, TOPIC].map((resourceType) => ({
      resourceType,
      resourceName: resourceType === TOPIC ? 'orders' : '1',
      configurationKeys: null,
    }))
    const { response } = ask(handler, describeConfigsRequest, describeConfigsResponse, 4, { resources })
    expect(response?.results.map(({ resourceType }) => resourceType)).toEqual([TOPIC, BROKER])
  })

  it('lists for broker "" the dynamic defaults of the cluster only', () => {
    expect(createDescribe()(4, BROKER, '').configs.map(({ name, value }) => [name, value])).toEqual([
      ['log.retention.ms', '5000'],
    ])
  })

  it.each([
    [TOPIC, 'nowhere', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [TOPIC, 'bad name', ErrorCode.INVALID_TOPIC_EXCEPTION],
    [BROKER, '2', ErrorCode.INVALID_REQUEST],
    [16, '', ErrorCode.INVALID_REQUEST],
  ])('refuses resource type %d, name "%s"', (type, name, errorCode) => {
    const result = createDescribe()(4, type, name)
    expect(result).toMatchObject({ errorCode, configs: [], resourceType: type, resourceName: name })
    expect(result.errorMessage).not.toBeNull()
  })
})
