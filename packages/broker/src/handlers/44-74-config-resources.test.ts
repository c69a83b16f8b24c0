import { describe, expect, test } from 'vitest'
import { LogLevels } from '@millrace/base/log-levels'
import { silentLogger } from '@millrace/base/logger'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import { describeConfigsRequest, describeConfigsResponse } from '@millrace/protocol/messages/32-describe-configs'
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
} from '@millrace/protocol/messages/74-list-config-resources'
import type { ForwardingCallback, Forwarder } from '../forwarding/forwarder.ts'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts'
import { listConfigResourcesHandler } from './74-list-config-resources.ts'
import { ask, createHandlerFixture, defaultImage } from './handler-fixture.ts'

const LOGGER = 8
const TOPIC = 2

type Change = readonly [name: string, operation: number, value: string | null]

function fixture() {
  const logLevels = new LogLevels('INFO')
  logLevels.logger('kafka.server.KafkaApis', silentLogger)
  const image = defaultImage({
    configs: new Map([
      ['16:latency', new Map([['interval.ms', '1000']])],
      ['32:readers', new Map([['consumer.session.timeout.ms', '50000']])],
    ]),
  })
  const { runtime } = createHandlerFixture(image, {}, { logLevels })
  const sent: unknown[] = []
  const forwarder = {
    send: (...args: unknown[]) => {
      sent.push(args[4])
      const callback = args[6] as ForwardingCallback<typeof incrementalAlterConfigsResponse>
      const { resources } = args[4] as { resources: { resourceType: number; resourceName: string }[] }
      const responses = resources.map(({ resourceType, resourceName }) => ({
        errorCode: 0,
        errorMessage: null,
        resourceType,
        resourceName,
      }))
      callback(null, { throttleTimeMs: 5, responses })
    },
  } as unknown as Forwarder
  const forwarded: ApiHandler = {
    request: incrementalAlterConfigsRequest,
    response: incrementalAlterConfigsResponse,
    handle: (_context, _request, respond) => respond({ throttleTimeMs: 77, responses: [] }),
  }
  const handler = incrementalAlterConfigsHandler(runtime, forwarder, forwarded)
  const alter = (
    resources: readonly (readonly [type: number, name: string, ...changes: Change[]])[],
    validateOnly = false,
  ) =>
    ask(handler, incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, {
      resources: resources.map(([resourceType, resourceName, ...changes]) => ({
        resourceType,
        resourceName,
        configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
      })),
      validateOnly,
    }).response
  return { runtime, logLevels, sent, alter }
}

describe('loggers of a broker', () => {
  test('are listed with their levels, and change', () => {
    const { runtime, alter } = fixture()
    const list = (): unknown =>
      ask(describeConfigsHandler(runtime), describeConfigsRequest, describeConfigsResponse, 4, {
        resources: [{ resourceType: LOGGER, resourceName: '1', configurationKeys: null }],
        includeSynonyms: true,
        includeDocumentation: true,
      }).response?.results[0]?.configs.map(({ name, value, configSource }) => [name, value, configSource])
    expect(list()).toEqual([
      ['kafka.server.KafkaApis', 'INFO', 6],
      ['root', 'INFO', 6],
    ])
    expect(alter([[LOGGER, '1', ['kafka.server.KafkaApis', 0, 'DEBUG']]])?.responses).toMatchObject([{ errorCode: 0 }])
    expect(list()).toContainEqual(['kafka.server.KafkaApis', 'DEBUG', 6])
    alter([[LOGGER, '1', ['kafka.server.KafkaApis', 1, null]]])
    expect(list()).toContainEqual(['kafka.server.KafkaApis', 'INFO', 6])
  })

  test.each<[string, string, Change, number]>([
    ['of another broker', '2', ['root', 0, 'DEBUG'], ErrorCode.INVALID_REQUEST],
    ['that does not exist', '1', ['nobody', 0, 'DEBUG'], ErrorCode.INVALID_CONFIG],
    ['with a level that does not exist', '1', ['root', 0, 'LOUD'], ErrorCode.INVALID_CONFIG],
    ['appended to', '1', ['root', 2, 'DEBUG'], ErrorCode.INVALID_REQUEST],
    ['that is root and would have none', '1', ['root', 1, null], ErrorCode.INVALID_REQUEST],
  ])('a logger %s is refused, and nothing of its resource changes', (_, broker, change, errorCode) => {
    const { alter, logLevels } = fixture()
    const response = alter([[LOGGER, broker, ['kafka.server.KafkaApis', 0, 'DEBUG'], change]])
    expect(response?.responses).toMatchObject([{ errorCode, resourceType: LOGGER, resourceName: broker }])
    expect(new Map(logLevels.levels()).get('kafka.server.KafkaApis')).toBe('INFO')
  })

  test('do not change when only validation is asked', () => {
    const { alter, logLevels } = fixture()
    expect(alter([[LOGGER, '1', ['root', 0, 'DEBUG']]], true)?.responses).toMatchObject([{ errorCode: 0 }])
    expect(new Map(logLevels.levels()).get('root')).toBe('INFO')
  })

  test('are changed here, the rest of the request by the controller', () => {
    const { alter, sent } = fixture()
    expect(alter([[TOPIC, 'orders', ['retention.ms', 0, '1']]])?.throttleTimeMs).toBe(77)
    const response = alter([
      [TOPIC, 'orders', ['retention.ms', 0, '1']],
      [LOGGER, '1', ['root', 0, 'DEBUG']],
    ])
    expect(sent).toMatchObject([{ resources: [{ resourceType: TOPIC }] }])
    expect(response).toMatchObject({
      throttleTimeMs: 5,
      responses: [
        { resourceType: TOPIC, errorCode: 0 },
        { resourceType: LOGGER, errorCode: 0 },
      ],
    })
  })
})

describe('ListConfigResources', () => {
  const list = (version: number, resourceTypes: number[] = []) =>
    ask(
      listConfigResourcesHandler(fixture().runtime),
      listConfigResourcesRequest,
      listConfigResourcesResponse,
      version,
      version === 0 ? {} : { resourceTypes },
    ).response

  test('version 0 lists client metrics subscriptions', () => {
    expect(list(0)).toMatchObject({ errorCode: 0, configResources: [{ resourceName: 'latency' }] })
  })

  test('version 1 lists the types asked for, or all', () => {
    const names = (types: number[]): string[] | undefined =>
      list(1, types)?.configResources.map(({ resourceType, resourceName }) => `${resourceType}:${resourceName}`)
    expect(names([32, 2])).toEqual(['32:readers', '2:orders'])
    expect(names([])).toEqual(['2:orders', '4:1', '4:2', '4:3', '8:1', '8:2', '8:3', '16:latency', '32:readers'])
    expect(list(1, [1])).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] })
  })
})
