import type { Credential } from '@millrace/aws/credentials'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { unchangedNames, type PrincipalNames } from '@millrace/policy/principal-names'
import type { NamedPolicy } from '@millrace/policy/principal-policies'
import { sha256Hex } from '@millrace/policy/sigv4/canonical-request'
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Cluster } from '../store/records.ts'
import { ControlPlane } from '../testing/control-plane.ts'
import { DayKeys, datesAround } from './day-keys.ts'
import { IamSnapshotSource } from './iam-snapshot-source.ts'
import { ReverseNames } from './reverse-names.ts'

const OWN = '000000000000'
const OTHER = '999900001111'
const noonMs = Date.parse('2026-11-21T12:00:00Z')

let plane: ControlPlane
let cluster: Cluster
let known: Credential[]
let policyText: string | null
let nowMs: number
let names: ReverseNames
let principalNames: PrincipalNames
let changed: () => void

beforeEach(async () => {
  plane = await ControlPlane.open()
  cluster = await plane.activeCluster('orders', {
    ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } },
  })
  known = []
  policyText = null
  principalNames = unchangedNames
  nowMs = noonMs
  changed = () => undefined
  names = new ReverseNames(
    async (address) => (address === '127.0.0.1' ? 'localhost' : 'machine.lan'),
    () => ['127.0.0.1', '10.0.0.5'],
  )
})

afterEach(async () => {
  names.close()
  vi.useRealTimers()
  await plane.close()
})

function source(simulatesLimits = false): IamSnapshotSource {
  return new IamSnapshotSource({
    simulatesLimits,
    credentials: {
      *credentials(accountId) {
        for (const each of known) if (accountId === undefined || each.principal.accountId === accountId) yield each
      },
      onChange: (listener) => {
        changed = listener
        return () => undefined
      },
    },
    clusterPolicy: async () => policyText,
    principalNames,
    reverseNames: names,
    clock: () => new Date(nowMs),
  })
}

async function snapshot(from: IamSnapshotSource = source()): Promise<IamSnapshot> {
  const { iam } = await from.contentOf(cluster)
  if (iam === null || iam === undefined) throw new Error('there is an IAM part')
  return iam
}

const readOnly: NamedPolicy = {
  name: 'read-only',
  document: parsePolicy('{"Statement":{"Effect":"Allow","Action":"kafka-cluster:Read*","Resource":"*"}}', 'identity'),
}

function credential(accessKeyId: string, name: string, change: Partial<Credential> = {}, account = OWN): Credential {
  const principal = {
    type: 'user',
    arn: `arn:aws:iam::${account}:user/${name}`,
    userId: name,
    accountId: account,
  } as const
  const policies = { identity: [readOnly], boundary: null, session: null }
  return {
    accessKeyId,
    secret: `secret of ${accessKeyId}`,
    sessionToken: null,
    expiresAtMs: null,
    principal,
    policies,
    values: {},
    ...change,
  }
}

test('a cluster without IAM has no IAM part', async () => {
  const plain = {
    ...cluster,
    desired: { ...cluster.desired, ClientAuthentication: { Unauthenticated: { Enabled: true } } },
  }
  expect(await source().contentOf(plain)).toEqual({ iam: null })
})

test('keys are for three days, this region and kafka-cluster, and no secret is in it', async () => {
  known = [
    credential('AKIA1', 'alice'),
    credential('ASIA1', 'alice', { sessionToken: 'token', expiresAtMs: nowMs + 1 }),
  ]
  const made = await snapshot()
  expect(made.credentials).toEqual([
    {
      accessKeyId: 'AKIA1',
      principal: 0,
      signingKeys: Object.fromEntries(
        ['20261120', '20261121', '20261122'].map((date) => [
          date,
          deriveSigningKey('secret of AKIA1', date, 'us-east-1', 'kafka-cluster').toString('base64'),
        ]),
      ),
      sessionTokenHash: null,
      expiresAtMs: null,
    },
    expect.objectContaining({ principal: 0, sessionTokenHash: sha256Hex('token'), expiresAtMs: nowMs + 1 }),
  ])
  expect(JSON.stringify(made)).not.toMatch(/secret of|"token"/)
  expect(made.clusterArn).toBe(cluster.arn)
})

test('equal policies stand there once, and sessions of one name with other policies are told apart', async () => {
  const narrowed = { identity: [readOnly], boundary: null, session: [{ ...readOnly }] }
  known = [
    credential('AKIA1', 'alice'),
    credential('AKIA2', 'bob', { policies: { identity: [{ ...readOnly }], boundary: readOnly, session: null } }),
    credential('AKIA3', 'bob', { policies: narrowed }),
  ]
  const made = await snapshot()
  expect(made.policies).toEqual([readOnly])
  expect(made.principals.map(({ grants }) => grants)).toEqual([
    [{ identity: [0], boundary: null, session: null, values: {} }],
    [
      { identity: [0], boundary: 0, session: null, values: {} },
      { identity: [0], boundary: null, session: [0], values: {} },
    ],
  ])
})

test('sessions that differ in the time of their making alone are one, unless a policy asks for that time', async () => {
  const issued = (time: string): Credential['values'] => ({ 'aws:tokenissuetime': [time] })
  known = [credential('ASIA1', 'r', { values: issued('1') }), credential('ASIA2', 'r', { values: issued('2') })]
  expect((await snapshot()).principals.map(({ grants }) => grants.length)).toEqual([1])
  const Condition = { DateLessThan: { 'aws:TokenIssueTime': '2026-11-21T00:00:00Z' } }
  const revoke = { Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition } }
  const revoked: NamedPolicy = { name: 'revoke', document: parsePolicy(JSON.stringify(revoke), 'identity') }
  known = known.map((each) => ({ ...each, policies: { identity: [revoked], boundary: null, session: null } }))
  expect((await snapshot()).principals.map(({ grants }) => grants.length)).toEqual([2])
})

test('sessions that have ended, and other accounts, are left out unless the cluster policy names them', async () => {
  known = [
    credential('AKIA1', 'alice'),
    credential('ASIA1', 'alice', { expiresAtMs: nowMs }),
    credential('AKIA9', 'stranger', {}, OTHER),
  ]
  const keys = async (): Promise<string[]> => (await snapshot()).credentials.map(({ accessKeyId }) => accessKeyId)
  expect(await keys()).toEqual(['AKIA1'])
  const open = (Principal: unknown): string =>
    JSON.stringify({ Statement: { Effect: 'Allow', Principal, Action: 'kafka-cluster:*', Resource: '*' } })
  policyText = open({ AWS: `arn:aws:iam::${OTHER}:role/R` })
  expect(await keys()).toEqual(['AKIA1', 'AKIA9'])
  policyText = open('*')
  expect(await keys()).toEqual(['AKIA1', 'AKIA9'])
  policyText = open({ AWS: 'AIDASTRANGER' })
  expect(await keys()).toEqual(['AKIA1'])
  principalNames = { ...unchangedNames, shown: () => `arn:aws:iam::${OTHER}:user/stranger` }
  expect(await keys()).toEqual(['AKIA1', 'AKIA9'])
  expect(JSON.stringify((await snapshot()).clusterPolicy)).toContain('"AIDASTRANGER"')
  principalNames = unchangedNames
  policyText = open({ AWS: '222200003333' })
  expect(await keys()).toEqual(['AKIA1'])
})

test('it is told again when IAM changes, when a reverse name does, and when the day turns', async () => {
  vi.useFakeTimers({ now: noonMs, toFake: ['setTimeout', 'clearTimeout'] })
  let told = 0
  const end = source().subscribe(() => told++)
  changed()
  expect(told).toBe(1)
  await names.refresh()
  expect([told, names.names]).toEqual([2, ['localhost', 'machine.lan']])
  await names.refresh()
  expect(told).toBe(2)
  nowMs += 12 * 3_600_000 + 1_000
  vi.advanceTimersByTime(12 * 3_600_000 + 1_000)
  expect(told).toBe(3)
  vi.advanceTimersByTime(24 * 3_600_000)
  expect(told).toBe(4)
  end()
  vi.advanceTimersByTime(48 * 3_600_000)
  expect(told).toBe(4)
})

test('the rate of new logins is limited by broker type, and only where limits are simulated', async () => {
  expect((await snapshot()).connectsPerSecond).toBeNull()
  expect((await snapshot(source(true))).connectsPerSecond).toBe(100)
  const { BrokerNodeGroupInfo } = cluster.desired
  const small = { ...BrokerNodeGroupInfo, InstanceType: 'kafka.t3.small' }
  cluster = { ...cluster, desired: { ...cluster.desired, BrokerNodeGroupInfo: small } }
  expect((await snapshot(source(true))).connectsPerSecond).toBe(4)
})

test('signing keys are derived once a day, and anew for another secret', () => {
  const keys = new DayKeys()
  const first = keys.of('AKIA1', 'one', 'us-east-1', noonMs)
  expect(keys.of('AKIA1', 'one', 'us-east-1', noonMs + 1)).toBe(first)
  expect(keys.of('AKIA1', 'two', 'us-east-1', noonMs)).not.toEqual(first)
  expect(keys.of('AKIA1', 'one', 'eu-west-1', noonMs)).not.toEqual(first)
  expect(Object.keys(keys.of('AKIA1', 'one', 'us-east-1', noonMs + 86_400_000))).toEqual([
    '20261121',
    '20261122',
    '20261123',
  ])
  expect(datesAround(Date.parse('2027-01-01T00:00:00Z'))).toEqual(['20261231', '20270101', '20270102'])
})
