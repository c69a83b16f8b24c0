import { expect, test } from 'vitest'
import { configHash, controlSocketPath, type NodeConfig } from './node-config.ts'

const config: NodeConfig = {
  role: 'broker',
  clusterName: 'orders',
  clusterId: 'Zq3Wb0mQT3q1v0pXl2sYwA',
  nodeId: 1,
  rack: 'use1-az1',
  kafkaVersion: '3.9',
  listeners: [{ name: 'CLIENT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }],
  encryptsInCluster: false,
  internalListener: { host: '127.0.0.1', port: 20_009 },
  controller: { nodeId: 10001, host: '127.0.0.1', port: 20_039 },
  properties: { a: '1', b: '2' },
  ephemeral: false,
}

test('the hash of a configuration does not depend on the order of keys, but on every value', () => {
  expect(configHash({ ...config, properties: { b: '2', a: '1' } })).toBe(configHash(config))
  expect(configHash({ ...config, properties: { a: '1', b: '3' } })).not.toBe(configHash(config))
  expect(configHash({ ...config, rack: null })).not.toBe(configHash(config))
})

test('a control socket is in the directory where a socket address has room for it, else in the temporary one', () => {
  expect(controlSocketPath('/data/broker-1')).toBe('/data/broker-1/control.sock')
  const long = controlSocketPath(`/${'d'.repeat(120)}`)
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(103)
  expect(long).not.toBe(controlSocketPath(`/${'e'.repeat(120)}`))
})
