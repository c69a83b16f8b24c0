/** The SDK's client as the judge of lists of secrets, and of values in batches. */
import {
  BatchGetSecretValueCommand,
  ListSecretsCommand,
  type ListSecretsCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealedWorld, type SealedWorld } from '../testing/sealed-world.ts'
import { SecretCalls } from '../testing/secret-calls.ts'

let world: SealedWorld
const { create } = new SecretCalls(() => world)

beforeEach(async () => {
  world = await sealedWorld()
})
afterEach(() => world.close())

describe('lists', () => {
  const names = async (input: ListSecretsCommandInput) =>
    (await world.secretsClient.send(new ListSecretsCommand(input))).SecretList?.map(({ Name }) => Name)

  beforeEach(async () => {
    await create('prod/db', { SecretString: 'p', Description: 'Orders database', Tags: [{ Key: 'team', Value: 'a' }] })
    world.later(1)
    await create('prod/api', { SecretString: 'q', Tags: [{ Key: 'team', Value: 'b' }] })
    world.later(1)
    await create('test/db', { SecretString: 'r' })
  })

  test.each([
    [[{ Key: 'name', Values: ['prod/'] }], ['prod/db', 'prod/api']],
    [[{ Key: 'name', Values: ['!prod/'] }], ['test/db']],
    [[{ Key: 'name', Values: ['prod/db', 'test'] }], ['prod/db', 'test/db']],
    [[{ Key: 'description', Values: ['orders'] }], ['prod/db']],
    [
      [
        { Key: 'tag-key', Values: ['team'] },
        { Key: 'tag-value', Values: ['b'] },
      ],
      ['prod/api'],
    ],
    [[{ Key: 'all', Values: ['DATABASE orders'] }], ['prod/db']],
    [[{ Key: 'primary-region', Values: ['eu-west-1'] }], []],
  ] as const)('filters %j find %j', async (filters, expected) => {
    expect(await names({ Filters: filters.map(({ Key, Values }) => ({ Key, Values: [...Values] })) })).toEqual(expected)
  })

  test('are sorted and paged as asked', async () => {
    expect(await names({})).toEqual(['prod/db', 'prod/api', 'test/db'])
    expect(await names({ SortBy: 'name' })).toEqual(['prod/api', 'prod/db', 'test/db'])
    const input = { SortOrder: 'desc', MaxResults: 2 } as const
    const first = await world.secretsClient.send(new ListSecretsCommand(input))
    expect(first.SecretList?.map(({ Name }) => Name)).toEqual(['test/db', 'prod/api'])
    expect(await names({ ...input, NextToken: first.NextToken })).toEqual(['prod/db'])
    await expect(names({ NextToken: first.NextToken })).rejects.toMatchObject({ name: 'InvalidNextTokenException' })
  })

  test('values come in batches, with what failed beside them', async () => {
    const byId = await world.secretsClient.send(
      new BatchGetSecretValueCommand({ SecretIdList: ['test/db', 'nobody', 'prod/db'] }),
    )
    expect(byId.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['r', 'p'])
    expect(byId.Errors).toMatchObject([{ SecretId: 'nobody', ErrorCode: 'ResourceNotFoundException' }])
    const byFilter = await world.secretsClient.send(
      new BatchGetSecretValueCommand({ Filters: [{ Key: 'name', Values: ['prod/'] }] }),
    )
    expect(byFilter.SecretValues?.map(({ Name }) => Name)).toEqual(['prod/api', 'prod/db'])
  })
})
