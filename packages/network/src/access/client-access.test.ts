import { expect, test } from 'vitest'
import { ClientAccess } from './client-access.ts'
import type { ListenerAccess } from './network-snapshot.ts'

const closed: ListenerAccess = { port: 9094, letsLocalIn: false, networks: [], groupIds: ['sg-1'] }
const local = { localAddress: '127.0.0.1', remoteAddress: '127.0.0.1' }
const far = { localAddress: '10.0.0.1', remoteAddress: '192.0.2.7' }

function accessBy(listener: ListenerAccess, addressMap: { network: string; address: string }[] = []): ClientAccess {
  const access = new ClientAccess()
  access.use({ addressMap, brokers: { '1': { CLIENT_SECURE: listener } } }, 1)
  return access
}

test('without a snapshot, and on a listener or broker that it does not name, anybody comes in', () => {
  const access = new ClientAccess()
  expect(access.refusal('CLIENT', far)).toBeNull()
  access.use({ addressMap: [], brokers: { '2': { CLIENT: closed } } }, 1)
  expect(access.refusal('CLIENT', far)).toBeNull()
  access.use({ addressMap: [], brokers: { '1': { CLIENT: closed } } }, 1)
  expect(access.refusal('CLIENT_SECURE', far)).toBeNull()
  expect(access.refusal('CLIENT', far)).not.toBeNull()
  access.use(null, 1)
  expect(access.refusal('CLIENT', far)).toBeNull()
})

test('a client of this machine comes in where members do, by loopback or by the address both ends share', () => {
  const access = accessBy({ ...closed, letsLocalIn: true })
  expect(access.refusal('CLIENT_SECURE', local)).toBeNull()
  expect(access.refusal('CLIENT_SECURE', { localAddress: '::1', remoteAddress: '::1' })).toBeNull()
  expect(access.refusal('CLIENT_SECURE', { localAddress: '10.0.0.1', remoteAddress: '10.0.0.1' })).toBeNull()
  expect(access.refusal('CLIENT_SECURE', far)).not.toBeNull()
})

test('anybody comes in from a network that a rule names', () => {
  const access = accessBy({ ...closed, networks: ['192.0.2.0/24', '2001:db8::/32'] })
  expect(access.refusal('CLIENT_SECURE', far)).toBeNull()
  expect(access.refusal('CLIENT_SECURE', { ...far, remoteAddress: '2001:db8::1' })).toBeNull()
  expect(access.refusal('CLIENT_SECURE', { ...far, remoteAddress: '192.0.3.1' })).not.toBeNull()
  expect(access.refusal('CLIENT_SECURE', local)).not.toBeNull()
})

test('a mapped client has the address it was given and is a member of nothing', () => {
  const addressMap = [{ network: '127.0.0.2/32', address: '203.0.113.9' }]
  const mapped = { localAddress: '127.0.0.1', remoteAddress: '127.0.0.2' }
  expect(accessBy({ ...closed, letsLocalIn: true }, addressMap).refusal('CLIENT_SECURE', mapped)).toMatchObject({
    reason: 'No rule of sg-1 lets 203.0.113.9 in on port 9094.',
  })
  expect(accessBy({ ...closed, networks: ['203.0.113.0/24'] }, addressMap).refusal('CLIENT_SECURE', mapped)).toBeNull()
})

test('a refusal names the port of MSK, the groups that were asked and the rule that would let the client in', () => {
  expect(accessBy(closed).refusal('CLIENT_SECURE', far)).toEqual({
    kind: 'security-group',
    reason: 'No rule of sg-1 lets 192.0.2.7 in on port 9094.',
    remedy: 'aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 9094 --cidr 192.0.2.7/32',
  })
  expect(accessBy(closed).refusal('CLIENT_SECURE', local)).toMatchObject({
    remedy: 'aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 9094 --source-group sg-1',
  })
  expect(accessBy({ ...closed, port: 14_001, groupIds: [] }).refusal('CLIENT_SECURE', local)).toMatchObject({
    reason: 'No VPC connection leads to port 14001: there is none that is AVAILABLE.',
  })
})

test('another snapshot counts at once, whatever was answered before', () => {
  const access = accessBy(closed)
  expect(access.refusal('CLIENT_SECURE', local)).not.toBeNull()
  access.use({ addressMap: [], brokers: { '1': { CLIENT_SECURE: { ...closed, letsLocalIn: true } } } }, 1)
  expect(access.refusal('CLIENT_SECURE', local)).toBeNull()
})
