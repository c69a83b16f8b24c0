import { expect, test } from 'vitest'
import { BrokerSessions, CONNECTION_CLOSED_GRACE_MS } from './broker-sessions.ts'

const SESSION_MS = 9_000
const CONNECTION = 7

function sessions(): BrokerSessions {
  const made = new BrokerSessions(SESSION_MS)
  made.registered(1, 0, CONNECTION)
  return made
}

test('a session ends when nothing was heard for its time, sooner when its connection closed', () => {
  const watched = sessions()
  watched.heartbeat(1, 1_000, CONNECTION, 5)
  expect(watched.deadlineMs(1)).toBe(1_000 + SESSION_MS)
  watched.connectionClosed(CONNECTION, 2_000)
  expect(watched.deadlineMs(1)).toBe(2_000 + CONNECTION_CLOSED_GRACE_MS)
  watched.heartbeat(1, 2_100, CONNECTION + 1, 5)
  expect(watched.deadlineMs(1)).toBe(2_100 + SESSION_MS)
})

test('who waits for the controller’s answer is not silent, and has a whole session from the answer on', () => {
  const watched = sessions()
  watched.heartbeat(1, 1_000, CONNECTION, 5, true)
  expect(watched.deadlineMs(1)).toBe(Infinity)
  watched.answered(1, 20_000, CONNECTION)
  expect(watched.deadlineMs(1)).toBe(20_000 + SESSION_MS)
})

test('a broker that dies while it waits is missed by its connection', () => {
  const watched = sessions()
  watched.heartbeat(1, 1_000, CONNECTION, 5, true)
  watched.connectionClosed(CONNECTION, 3_000)
  expect(watched.deadlineMs(1)).toBe(3_000 + CONNECTION_CLOSED_GRACE_MS)
})

test('an answer on a connection of the past says nothing about the one of now', () => {
  const watched = sessions()
  watched.heartbeat(1, 1_000, CONNECTION, 5, true)
  watched.heartbeat(1, 4_000, CONNECTION + 1, 5, false)
  watched.answered(1, 6_000, CONNECTION)
  expect(watched.deadlineMs(1)).toBe(4_000 + SESSION_MS)
})
