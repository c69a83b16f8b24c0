import { expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ControlPlane } from '../testing/control-plane.ts'
import { SecuritySync, type SecurityContent } from './security-sync.ts'

test('a cluster is told before its nodes start, after a change, and not when nothing has changed', async () => {
  const plane = await ControlPlane.open()
  let content: Record<string, unknown> = { word: 'first' }
  let listener: () => void = () => undefined
  const pushes: unknown[] = []
  const push = plane.engine.pushSecurity.bind(plane.engine)
  plane.engine.pushSecurity = (cluster, snapshot) => {
    pushes.push(snapshot)
    push(cluster, snapshot)
  }
  const sync = new SecuritySync({
    store: plane.store,
    engine: plane.engine,
    clock: plane.clock,
    logger: silentLogger,
    sources: [
      {
        contentOf: async () => content as SecurityContent,
        subscribe: (changed) => {
          listener = changed
          return () => undefined
        },
      },
    ],
  })
  const cluster = await plane.activeCluster()
  pushes.length = 0
  await sync.start()
  const first = plane.engine.security.get(cluster.id)
  expect(first).toMatchObject({ word: 'first' })

  await sync.sync(cluster)
  expect(plane.engine.security.get(cluster.id)).toBe(first)

  content = { word: 'second' }
  const told = new Promise<void>((resolve) => {
    plane.engine.pushSecurity = (id, snapshot) => {
      push(id, snapshot)
      resolve()
    }
  })
  listener()
  await told
  const second = plane.engine.security.get(cluster.id)
  expect(second).toMatchObject({ word: 'second' })
  expect(second?.version).toBeGreaterThan(first?.version ?? 0)
  expect(pushes).toHaveLength(1)
  sync.close()
  await plane.close()
})

test('the reconciler tells who may come in before it asks for nodes', async () => {
  const plane = await ControlPlane.open()
  const order: string[] = []
  plane.engine.pushSecurity = () => void order.push('told')
  plane.engine.gate = async (call) => void order.push(call)
  await plane.activeCluster('orders')
  expect(order.slice(0, 2)).toEqual(['told', 'apply orders'])
  await plane.close()
})
