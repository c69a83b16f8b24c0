import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { expect, test } from 'vitest'
import { type EngineMessage, parseMessage } from './control-protocol.ts'
import { PART_LENGTH_MAX, securityLines, SecurityParts } from './security-parts.ts'

const statement = (topic: string): string =>
  JSON.stringify({
    Statement: { Effect: 'Allow', Action: 'kafka-cluster:WriteData', Resource: `arn:aws:kafka:*:*:topic/${topic}` },
  })

function snapshotOf(version: number, users: readonly string[]): SecuritySnapshot {
  const iam: IamSnapshot = {
    clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/orders/x',
    tags: {},
    clusterPolicy: null,
    policies: users.map((user) => ({ name: 'p', document: parsePolicy(statement(user), 'identity') })),
    principals: users.map((user, index) => ({
      principal: {
        type: 'user',
        arn: `arn:aws:iam::000000000000:user/${user}`,
        userId: user,
        accountId: '000000000000',
      },
      grants: [{ identity: [index], boundary: null, session: null, values: {} }],
    })),
    credentials: users.map((user, principal) => ({
      accessKeyId: `AKIA${user}`,
      principal,
      signingKeys: { '20260501': 'key' },
      sessionTokenHash: null,
      expiresAtMs: null,
    })),
    connectsPerSecond: null,
    reverseNames: [],
  }
  return { version, network: null, iam }
}

const users = (count: number): string[] => Array.from({ length: count }, (_, index) => `user-${index}`)

/** What a node makes of the lines. */
function tell(parts: SecurityParts, lines: readonly string[]): SecuritySnapshot | null {
  let snapshot: SecuritySnapshot | null = null
  for (const line of lines) {
    const message = parseMessage<EngineMessage>(line)
    if (message?.kind === 'security-part') parts.add(message)
    if (message?.kind === 'security') snapshot = parts.complete(message)
  }
  return snapshot
}

test('a small snapshot is one line, a large one comes in short ones, and both come whole', () => {
  const small = snapshotOf(1, users(3))
  expect(securityLines(small)).toHaveLength(1)
  expect(tell(new SecurityParts(), securityLines(small))).toEqual(small)
  const large = snapshotOf(2, users(1_000))
  const lines = securityLines(large)
  expect(lines.length).toBeGreaterThan(10)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(2 * PART_LENGTH_MAX)
  expect(tell(new SecurityParts(), lines)).toEqual(large)
})

test('policies that the node had before stay the documents that they were', () => {
  const parts = new SecurityParts()
  const first = tell(parts, securityLines(snapshotOf(1, users(1_000))))
  // The first is gone, and all others have another place.
  const second = tell(parts, securityLines(snapshotOf(2, [...users(1_000).slice(1), 'another'])))
  expect(second?.iam?.policies[0]).toBe(first?.iam?.policies[1])
  expect(second?.iam?.policies.at(-2)).toBe(first?.iam?.policies.at(-1))
  expect(second).toEqual(snapshotOf(2, [...users(1_000).slice(1), 'another']))
})

test('a snapshot of which a part is missing counts for nothing, and what was left half told does no harm', () => {
  const parts = new SecurityParts()
  const lines = securityLines(snapshotOf(1, users(1_000)))
  expect(tell(parts, lines.toSpliced(3, 1))).toBeNull()
  expect(tell(parts, lines.slice(-1))).toBeNull()
  expect(tell(parts, lines.slice(0, 5))).toBeNull()
  const next = snapshotOf(2, users(1_001))
  expect(tell(parts, securityLines(next))).toEqual(next)
})
