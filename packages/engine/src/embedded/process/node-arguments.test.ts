import { expect, test } from 'vitest'
import { parseNodeArguments, processTitle } from './node-arguments.ts'

test('the contracted command line is read and written', () => {
  const node = parseNodeArguments(['--cluster', 'orders', '--node', '2', '--data-dir', '/d/broker-2'])
  expect(node).toEqual({ clusterName: 'orders', nodeId: 2, directory: '/d/broker-2' })
  expect(processTitle('broker', node)).toBe('millrace-broker --cluster orders --node 2 --data-dir /d/broker-2')
  expect(processTitle('controller', { ...node, nodeId: 10001 })).toBe(
    'millrace-controller --cluster orders --node 10001 --data-dir /d/broker-2',
  )
})

test.each([
  [['--cluster', 'orders'], 'expected --cluster NAME --node N --data-dir DIR'],
  [['--cluster', 'orders', '--node', 'x', '--data-dir', '/d'], '--node needs a number, got x'],
  [['--cluster', 'orders', '--node'], '--node needs a value'],
  [['--secret', 'x'], 'unknown argument --secret'],
])('%j is refused', (argv, message) => {
  expect(() => parseNodeArguments(argv)).toThrow(message)
})
