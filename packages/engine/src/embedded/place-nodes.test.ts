import { expect, test } from 'vitest'
import type { ClusterSpec } from '../engine.ts'
import { placeNodes, type PlaceRequest } from './place-nodes.ts'
import { allocateBlock } from './ports.ts'

const spec: ClusterSpec = {
  id: 'u-1',
  name: 'orders',
  kafkaClusterId: 'Zq3Wb0mQT3q1v0pXl2sYwA',
  kafkaVersion: '3.9.x',
  brokers: [
    { nodeId: 1, zoneId: 'use1-az1' },
    { nodeId: 2, zoneId: 'use1-az2' },
  ],
  controllers: [{ nodeId: 10001 }],
  clientListeners: ['plaintext', 'tls'],
  encryptsInCluster: true,
  encryptionAtRest: null,
  properties: {},
}

function place(change: Partial<PlaceRequest> = {}, busy: readonly number[] = []): ReturnType<typeof placeNodes> {
  return placeNodes({
    spec,
    known: [],
    others: [],
    listenHost: '127.0.0.1',
    randomPorts: false,
    random: () => 0.5,
    canBind: async (_host, port) => !busy.includes(port),
    ...change,
  })
}

test('the first broker takes MSK’s own ports, every node a block of its own with the internal port at its end', async () => {
  expect(await place()).toEqual([
    {
      nodeId: 1,
      role: 'broker',
      zoneId: 'use1-az1',
      portBlock: 20_000,
      clientPorts: {
        plaintext: 9092,
        tls: 9094,
        scram: 9096,
        iam: 9098,
        'public-tls': 9194,
        'public-scram': 9196,
        'public-iam': 9198,
      },
      internalPort: 20_009,
    },
    {
      nodeId: 2,
      role: 'broker',
      zoneId: 'use1-az2',
      portBlock: 20_010,
      clientPorts: {
        plaintext: 20_010,
        tls: 20_011,
        scram: 20_012,
        iam: 20_013,
        'public-tls': 20_014,
        'public-scram': 20_015,
        'public-iam': 20_016,
      },
      internalPort: 20_019,
    },
    { nodeId: 10001, role: 'controller', zoneId: null, portBlock: 20_020, clientPorts: null, internalPort: 20_029 },
  ])
})

test('9092 in use, or owned by a cluster that is stopped, is left alone', async () => {
  expect((await place({}, [9092]))[0]?.clientPorts).toMatchObject({ plaintext: 20_000, tls: 9094, iam: 9098 })
  const others = await place()
  const second = await place({ others })
  expect(second.map(({ portBlock }) => portBlock)).toEqual([20_030, 20_040, 20_050])
  expect(second[0]?.clientPorts).toMatchObject({
    plaintext: 20_030,
    iam: 20_033,
    'public-iam': 20_036,
  })
})

test('a block with one busy port is passed over', async () => {
  expect((await place({}, [20_007]))[0]?.portBlock).toBe(20_010)
})

test('what was given out once never changes, whatever is busy now', async () => {
  const known = await place()
  expect(await place({ known }, [9092, 20_000, 20_009])).toEqual(known)
})

test('listeners for other VPCs get ports from 14001 when a cluster first has them, and keep them', async () => {
  const before = await place()
  const vpc: ClusterSpec = { ...spec, clientListeners: ['tls', 'vpc-scram'] }
  const known = await place({ spec: vpc, known: before }, [14_001])
  expect(known.map(({ clientPorts }) => clientPorts?.['vpc-scram'])).toEqual([14_002, 14_003, undefined])
  expect(known.map(({ portBlock }) => portBlock)).toEqual(before.map(({ portBlock }) => portBlock))
  const more: ClusterSpec = { ...spec, clientListeners: ['vpc-scram', 'vpc-iam'] }
  const later = await place({ spec: more, known }, [14_002, 14_003])
  expect(later.map(({ clientPorts }) => [clientPorts?.['vpc-scram'], clientPorts?.['vpc-iam']])).toEqual([
    [14_002, 14_001],
    [14_003, 14_004],
    [undefined, undefined],
  ])
  expect((await place({ others: later, spec: vpc }))[0]?.clientPorts?.['vpc-scram']).toBe(14_005)
})

test('without a free port of MSK’s, and for ephemeral clusters, listeners for other VPCs have a block of their own', async () => {
  const vpc: ClusterSpec = { ...spec, clientListeners: ['vpc-tls', 'vpc-scram'] }
  const taken = Array.from({ length: 100 }, (_, index) => 14_001 + index)
  const nodes = await place({ spec: vpc }, taken)
  expect(nodes.map(({ clientPorts }) => [clientPorts?.['vpc-tls'], clientPorts?.['vpc-scram']])).toEqual([
    [20_030, 20_031],
    [20_040, 20_041],
    [undefined, undefined],
  ])
  // Those blocks are nobody else's.
  expect((await place({ others: nodes })).map(({ portBlock }) => portBlock)).toEqual([20_050, 20_060, 20_070])
  const ephemeral = await place({ spec: vpc, randomPorts: true })
  expect(ephemeral[0]?.clientPorts?.['vpc-tls']).toBeGreaterThanOrEqual(20_000)
})

test('ephemeral clusters take random blocks and never 9092', async () => {
  const nodes = await place({ randomPorts: true })
  expect(nodes.map(({ clientPorts }) => clientPorts?.plaintext)).toEqual([26_000, 26_010, undefined])
})

test('no free block is told in a sentence', async () => {
  await expect(
    allocateBlock({ host: '127.0.0.1', takenBlocks: new Set(), startBlock: 0, canBind: async () => false }),
  ).rejects.toThrow('no free block of 10 ports is left between 20000 and 31999')
})
