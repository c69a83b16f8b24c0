import { describe, expect, test } from 'vitest'
import { errorStatus, queryCodes } from './errors.ts'
import { loadModel, type Member } from './model.ts'
import { protocolOf } from './protocols/protocols.ts'

const models = (['kafka', 'iam', 'sts', 'kms', 'secretsmanager', 'acm-pca'] as const).map((service) =>
  loadModel(service),
)

function member(model: string, operation: string, name: string): Member | undefined {
  return models
    .find(({ service }) => service === model)
    ?.operations.get(operation)
    ?.input?.members.find((candidate) => candidate.name === name)
}

test('the frozen models hold every operation of the official models', () => {
  expect(models.map(({ service, operations }) => [service, operations.size])).toEqual([
    ['kafka', 64],
    ['iam', 180],
    ['sts', 11],
    ['kms', 56],
    ['secretsmanager', 23],
    ['acm-pca', 23],
  ])
})

test('the table of errors says what the models say', () => {
  for (const { errors, protocol } of models) {
    // There 400 is answered, whatever the model says.
    if (protocol.startsWith('awsJson')) continue
    for (const [name, status] of Object.entries(errorStatus)) {
      // Errors of the front door mean the same everywhere; sts has an ExpiredTokenException of its own, about web identities.
      const declared = name in queryCodes ? undefined : errors.get(name)?.error?.status
      if (declared !== undefined) expect([name, status]).toEqual([name, declared])
    }
  }
})

test('every exception that the kafka model declares can be raised', () => {
  const kafka = models[0]
  for (const [name, { error }] of kafka?.errors ?? []) {
    if (name.endsWith('ServiceException')) continue
    expect([name, Object.hasOwn(errorStatus, name), error !== null]).toEqual([name, true, true])
  }
})

describe('constraints', () => {
  test('come from the side table', () => {
    expect(member('kafka', 'CreateClusterV2', 'ClusterName')?.constraint).toMatchObject({ min: 1, max: 64 })
    expect(member('kafka', 'CreateReplicator', 'ReplicatorName')?.constraint?.pattern?.test('a_b')).toBe(false)
    expect(member('kafka', 'CreateCluster', 'EnhancedMonitoring')?.constraint?.values).toContain('PER_BROKER')
    expect(member('kafka', 'CreateTopic', 'PartitionCount')?.constraint).toMatchObject({ integer: true, min: 1 })
  })

  test('do not bound the number of brokers, which the real service does not either', () => {
    expect(member('kafka', 'CreateCluster', 'NumberOfBrokerNodes')?.constraint).toMatchObject({
      integer: true,
      min: null,
      max: null,
    })
    expect(member('kafka', 'UpdateBrokerCount', 'TargetNumberOfBrokerNodes')?.constraint).toMatchObject({ max: null })
  })
})

test('a model in a protocol that is not served is refused', () => {
  expect(() => protocolOf({ ...loadModel('sts'), protocol: 'rpcv2Cbor' })).toThrow(
    'sts speaks rpcv2Cbor, which is not served',
  )
})
