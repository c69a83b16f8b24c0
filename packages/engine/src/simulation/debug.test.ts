import { test } from 'vitest'
import { World } from '@millrace/testkit/world'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
test('debug', () => {
  const logger = createRecordingLogger()
  const world = new World({ seed: 1 })
  const cluster = new SimulatedCluster({ world, brokerCount: 3, logger })
  try {
  cluster.start()
  console.log('started at', world.nowMs)
  const client = new SimulatedClient(cluster)
  client.createTopic({ name: 'orders', partitions: 2, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } })
  console.log('created at', world.nowMs)
  client.startProducing('orders', 2)
  world.advance(3000)
  console.log(client.acknowledged.length, client.refusals.slice(0, 20), JSON.stringify(client.describe('orders')))
  for (const b of cluster.brokers.values()) for (const p of b.runtime.replicaManager.all()) console.log(b.runtime.nodeId, p.role, p.partition, 'leo', p.logEndOffset, 'hw', p.highWatermark, 'isr', p.isr.join(), p.followers.map((f) => `${f.brokerId}:${f.logEndOffset}`).join(' '))
  for (const b of cluster.brokers.values()) for (const p of b.runtime.replicaManager.all()) { const r = p.log.read({offset:0,maxBytes:1048576,endOffset:p.logEndOffset,atLeastOne:true}); console.log('READ', p.role, r?.sizeBytes, r?.lastOffset, p.log.segments.all.length);
   b.runtime.replicaManager.fetch({replicaId:-2,replicaEpoch:-1,maxWaitMs:0,minBytes:1,maxBytes:1000000,readCommitted:false,completeNow:false,partitions:[{topic:'orders',partition:p.partition,currentLeaderEpoch:-1,fetchOffset:0,lastFetchedEpoch:-1,logStartOffset:-1,maxBytes:100000}]}, (x) => console.log('FETCH', JSON.stringify(x).slice(0,300))) }
  } finally {
  for (const l of logger.lines.slice(-60)) console.log(l.level, l.message, JSON.stringify(l.fields))
  }
})
