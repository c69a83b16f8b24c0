import { expect, test } from 'vitest'
import { saslHandshakeRequest } from '@millrace/protocol/messages/17-sasl-handshake'
import { createFixture } from './request-server-fixture.ts'
import { SeenPrincipals } from './seen-principals.ts'

test('who comes in as a client is seen; who has not logged in, and nodes, are not', () => {
  const fixture = createFixture()
  fixture.connect()
  fixture.connect()
  fixture.connect('INTERNAL').send(saslHandshakeRequest, 1, { mechanism: 'SCRAM-SHA-512' })
  fixture.world.advance(10)
  expect(fixture.server.principals.after(0, 10)).toMatchObject([
    { principal: 'User:ANONYMOUS', listener: 'CLIENT', count: 2 },
  ])
})

test('a name too long to be kept whole is not kept', () => {
  const seen = new SeenPrincipals(() => 1)
  seen.add({ principal: `User:${'x'.repeat(500)}`, remoteAddress: '10.0.0.1', listener: 'L' })
  seen.add({ principal: 'User:CN=alice', remoteAddress: '10.0.0.1', listener: 'L' })
  expect(seen.after(0, 10).map(({ principal }) => principal)).toEqual(['User:CN=alice'])
})
