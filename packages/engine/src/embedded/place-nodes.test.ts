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
    ephemeral: false,
    random: () => 0.5,
    canBind: async (_host, port) => !busy.includes(port),
    ...change,
  })
}

test('the first broker takes 9092, 9094, 9096 and 9098, every node a block of its own with the internal port at its end', async () => {
  expect(await place()).toEqual([
    {
      nodeId: 1,
      role: 'broker',
      zoneId: 'use1-az1',
      portBlock: 20_000,
      clientPorts: { plaintext: 9092, tls: 9094, scram: 9096, iam: 9098 },
      internalPort: 20_009,
    },
    {
      nodeId: 2,
      role: 'broker',
      zoneId: 'use1-az2',
      portBlock: 20_010,
      clientPorts: { plaintext: 20_010, tls: 20_011, scram: 20_012, iam: 20_013 },
      internalPort: 20_019,
    },
    { nodeId: 10001, role: 'controller', zoneId: null, portBlock: 20_020, clientPorts: null, internalPort: 20_029 },
  ])
})

test('9092 in use, or owned by a cluster that is stopped, is left alone', async () => {
  expect((await place({}, [9092]))[0]?.clientPorts).toEqual({ plaintext: 20_000, tls: 9094, scram: 9096, iam: 9098 })
  const others = await place()
  const second = await place({ others })
  expect(second.map(({ portBlock }) => portBlock)).toEqual([20_030, 20_040, 20_050])
  expect(second[0]?.clientPorts).toEqual({ plaintext: 20_030, tls: 20_031, scram: 20_032, iam: 20_033 })
})

test('a block with one busy port is passed over', async () => {
  expect((await place({}, [20_007]))[0]?.portBlock).toBe(20_010)
})

test('what was given out once never changes, whatever is busy now', async () => {
  const known = await place()
  expect(await place({ known }, [9092, 20_000, 20_009])).toEqual(known)
})

test('ephemeral clusters take random blocks and never 9092', async () => {
  const nodes = await place({ ephemeral: true })
  expect(nodes.map(({ clientPorts }) => clientPorts?.plaintext)).toEqual([26_000, 26_010, undefined])
})

test('no free block is told in a sentence', async () => {
  await expect(
    allocateBlock({ host: '127.0.0.1', takenBlocks: new Set(), startBlock: 0, canBind: async () => false }),
  ).rejects.toThrow('no free block of 10 ports is left between 20000 and 31999')
})
