import { expect, test } from 'vitest'
import { createFixture } from '../request-server-fixture.ts'
import { ClientAccess } from './client-access.ts'

const closed = { port: 9092, letsLocalIn: false, networks: [], groupIds: ['sg-1'] }

test('who may not come in is gone before it has said anything, and is recorded; who is in stays', () => {
  const access = new ClientAccess()
  const { world, server, connect } = createFixture({}, undefined, undefined, access)
  const early = connect()
  access.use({ addressMap: [], brokers: { '1': { CLIENT: closed } } }, 1)
  const late = connect()
  world.runUntil(() => late.closed)
  expect(early.closed).toBe(false)
  expect(server.connectionCount).toBe(1)
  expect(server.refusals.list()).toMatchObject([
    { kind: 'security-group', listener: 'CLIENT', reason: expect.stringContaining('on port 9092') },
  ])
})

test('rules for clients leave the nodes of the cluster alone', () => {
  const access = new ClientAccess()
  access.use({ addressMap: [], brokers: { '1': { CLIENT: closed, INTERNAL: closed } } }, 1)
  const { world, server, connect } = createFixture({}, undefined, undefined, access)
  const node = connect('INTERNAL')
  world.advance(100)
  expect(node.closed).toBe(false)
  expect(server.refusals.list()).toEqual([])
})
