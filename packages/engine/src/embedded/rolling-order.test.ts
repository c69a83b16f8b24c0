import { expect, test } from 'vitest'
import { rollingOrder } from './rolling-order.ts'

const NODES = [
  { node: { nodeId: 1, role: 'broker' } },
  { node: { nodeId: 2, role: 'broker' } },
  { node: { nodeId: 10_001, role: 'controller' } },
]
const spec = (value?: string): { properties: Record<string, string> } => ({
  properties: value === undefined ? {} : { 'min.insync.replicas': value },
})

test.each([
  ['up', '1', '2', [1, 2, 10_001]],
  ['unchanged', '2', '2', [1, 2, 10_001]],
  ['from the default up', undefined, '2', [1, 2, 10_001]],
  ['down', '2', '1', [10_001, 1, 2]],
  ['down to the default', '2', undefined, [10_001, 1, 2]],
] as const)('the smaller min.insync.replicas holds at the controller first: %s', (_, before, after, ids) => {
  expect(rollingOrder(NODES, spec(before), spec(after)).map(({ node }) => node.nodeId)).toEqual(ids)
})
