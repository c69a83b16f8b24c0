import { silentLogger } from '@millrace/base/logger'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ScramSync } from '../scram/scram-sync.ts'
import type { Cluster } from '../store/records.ts'
import { ControlPlane } from '../testing/control-plane.ts'
import { keyArn } from '../testing/fake-keys.ts'
import { secretArn } from '../testing/fake-secrets.ts'

const scramOnly = {
  EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } },
  ClientAuthentication: { Sasl: { Scram: { Enabled: true } } },
} as const
const ALICE = { username: 'alice', password: 'secret' }

let plane: ControlPlane
let cluster: Cluster

beforeEach(async () => {
  plane = await ControlPlane.open()
  cluster = await plane.activeCluster('orders', scramOnly)
})
afterEach(() => plane.close())

async function associate(...SecretArnList: string[]) {
  const answer = await plane.call('BatchAssociateScramSecret', { ClusterArn: cluster.arn, SecretArnList })
  return answer.UnprocessedScramSecrets ?? []
}

describe('associated secrets', () => {
  test('let their users log in, are listed, and take the login away when they leave', async () => {
    const arn = plane.secrets.put('AmazonMSK_alice', ALICE)
    expect(await associate(arn)).toEqual([])
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice', 'secret']]))
    const { SecretArnList } = await plane.call('ListScramSecrets', { ClusterArn: cluster.arn })
    expect(SecretArnList).toEqual([arn])
    const gone = { ClusterArn: cluster.arn, SecretArnList: [arn, secretArn('AmazonMSK_other')] }
    const { UnprocessedScramSecrets } = await plane.call('BatchDisassociateScramSecret', gone)
    expect(UnprocessedScramSecrets).toMatchObject([
      { SecretArn: secretArn('AmazonMSK_other'), ErrorCode: 'InvalidSecretArn' },
    ])
    expect(plane.scramUsers.passwords.size).toBe(0)
    expect((await plane.call('ListScramSecrets', { ClusterArn: cluster.arn })).SecretArnList).toEqual([])
  })

  test.each([
    ['a name without the prefix', 'alice', ALICE, {}, "must have the prefix 'AmazonMSK_'"],
    ['the default key', 'AmazonMSK_a', ALICE, { kmsKeyId: null }, 'customer managed KMS key'],
    [
      'the default key by its alias',
      'AmazonMSK_a',
      ALICE,
      { kmsKeyId: 'alias/aws/secretsmanager' },
      'customer managed',
    ],
    [
      'a key that is disabled',
      'AmazonMSK_a',
      ALICE,
      { secretString: null, unreadable: 'its key is disabled' },
      'disabled',
    ],
    ['a scheduled deletion', 'AmazonMSK_a', ALICE, { deleted: true }, 'does not exist'],
    ['no JSON', 'AmazonMSK_a', 'alice:secret', {}, '"username"'],
    ['no password', 'AmazonMSK_a', { username: 'alice' }, {}, '"password"'],
    ['no text', 'AmazonMSK_a', ALICE, { secretString: null }, 'no text value'],
  ] as const)('a secret with %s is left unprocessed, with the reason', async (_what, name, value, change, words) => {
    const arn = plane.secrets.put(name, value, change)
    const good = plane.secrets.put('AmazonMSK_bob', { username: 'bob', password: 'x' })
    const unprocessed = await associate(arn, good)
    expect(unprocessed).toMatchObject([{ SecretArn: arn, ErrorCode: 'InvalidSecretArn' }])
    expect(unprocessed[0]?.ErrorMessage).toContain(words)
    expect([...plane.scramUsers.passwords.keys()]).toEqual(['bob'])
  })

  test('a user belongs to one secret', async () => {
    await associate(plane.secrets.put('AmazonMSK_alice', ALICE))
    const [refused] = await associate(plane.secrets.put('AmazonMSK_alice2', { ...ALICE, password: 'other' }))
    expect(refused?.ErrorMessage).toContain(secretArn('AmazonMSK_alice'))
    expect(plane.scramUsers.passwords.get('alice')).toBe('secret')
  })

  test('a cluster that cannot be reached keeps nothing of the association', async () => {
    const arn = plane.secrets.put('AmazonMSK_alice', ALICE)
    plane.scramUsers.failure = new Error('no broker answers')
    await expect(associate(arn)).rejects.toThrow('no broker answers')
    expect((await plane.call('ListScramSecrets', { ClusterArn: cluster.arn })).SecretArnList).toEqual([])
  })

  test('none and more than ten at once are refused, and so is a cluster without SCRAM', async () => {
    const many = Array.from({ length: 11 }, (_, index) => secretArn(`AmazonMSK_${index}`))
    for (const SecretArnList of [[], many]) {
      expect(
        await plane.refusal('BatchAssociateScramSecret', { ClusterArn: cluster.arn, SecretArnList }),
      ).toMatchObject({ name: 'BadRequestException', invalidParameter: 'secretArnList' })
    }
    const open = await plane.activeCluster('open')
    expect(
      await plane.refusal('BatchAssociateScramSecret', { ClusterArn: open.arn, SecretArnList: [secretArn('a')] }),
    ).toMatchObject({ name: 'BadRequestException', message: expect.stringContaining('not enabled') })
  })

  test('go with their cluster', async () => {
    await associate(plane.secrets.put('AmazonMSK_alice', ALICE))
    await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
    await plane.idle()
    expect(await plane.store.associatedSecrets(null)).toEqual([])
  })
})

describe('the key of an associated secret', () => {
  const KEY = keyArn('secrets')

  test('is used under a grant for the secret, which ends with the association', async () => {
    const alice = plane.secrets.put('AmazonMSK_alice', ALICE)
    const bob = plane.secrets.put('AmazonMSK_bob', { username: 'bob', password: 'x' })
    await associate(alice, bob)
    expect(plane.keys.grantedOn(KEY)).toEqual([alice, bob])
    await plane.call('BatchDisassociateScramSecret', { ClusterArn: cluster.arn, SecretArnList: [alice] })
    expect(plane.keys.grantedOn(KEY)).toEqual([bob])
    await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
    await plane.idle()
    expect(plane.keys.grantedOn(KEY)).toEqual([])
  })

  test('is granted to each cluster that has the secret', async () => {
    const alice = plane.secrets.put('AmazonMSK_alice', ALICE)
    const other = await plane.activeCluster('others', scramOnly)
    await associate(alice)
    await plane.call('BatchAssociateScramSecret', { ClusterArn: other.arn, SecretArnList: [alice] })
    expect(plane.keys.grantedOn(KEY)).toEqual([alice, alice])
    await plane.call('DeleteCluster', { ClusterArn: other.arn })
    await plane.idle()
    expect(plane.keys.grantedOn(KEY)).toEqual([alice])
  })

  test.each(['kms:DescribeKey', 'kms:CreateGrant'])(
    'of one whose caller lacks %s is not granted, and nothing of its value told',
    async (missing) => {
      const theirs = plane.keys.put('theirs')
      const alice = plane.secrets.put('AmazonMSK_alice', 'no user', { kmsKeyId: theirs })
      const bob = plane.secrets.put('AmazonMSK_bob', { username: 'bob', password: 'x' })
      const asked: unknown[] = []
      const answer = await plane.call(
        'BatchAssociateScramSecret',
        { ClusterArn: cluster.arn, SecretArnList: [alice, bob] },
        {
          whyNot({ action, resource, values }) {
            asked.push([action, values?.['kms:viaservice'], values?.['kms:grantisforawsresource']])
            return resource === theirs && action === missing ? `not authorized to perform: ${action}` : null
          },
        },
      )
      expect(answer.UnprocessedScramSecrets).toEqual([
        {
          SecretArn: alice,
          ErrorCode: 'InvalidSecretArn',
          ErrorMessage: `Amazon MSK wasn't able to access the provided secret: not authorized to perform: ${missing}.`,
        },
      ])
      expect(asked).toContainEqual(['kms:CreateGrant', ['kafka.us-east-1.amazonaws.com'], ['true']])
      expect(plane.keys.grantedOn(theirs)).toEqual([])
      expect([...plane.scramUsers.passwords.keys()]).toEqual(['bob'])
    },
  )

  test('that is gone is told by name', async () => {
    const [refused] = await associate(plane.secrets.put('AmazonMSK_alice', ALICE, { kmsKeyId: keyArn('gone') }))
    expect(refused?.ErrorMessage).toContain(`KMS key ${keyArn('gone')} does not exist`)
  })

  test('is not granted for an association that could not be brought about', async () => {
    plane.scramUsers.failure = new Error('no broker answers')
    await expect(associate(plane.secrets.put('AmazonMSK_alice', ALICE))).rejects.toThrow('no broker answers')
    expect(plane.keys.grantedOn(KEY)).toEqual([])
  })

  test('is granted once for a secret that is associated anew, and again when it has another key', async () => {
    const alice = plane.secrets.put('AmazonMSK_alice', ALICE)
    await associate(alice)
    await associate(alice)
    expect(plane.keys.grantedOn(KEY)).toEqual([alice])
    await plane.keys.revokeAll(KEY)
    await associate(alice)
    expect(plane.keys.grantedOn(KEY)).toEqual([alice])
    const other = plane.keys.put('other')
    plane.secrets.put('AmazonMSK_alice', ALICE, { kmsKeyId: other })
    await associate(alice)
    expect([plane.keys.grantedOn(KEY), plane.keys.grantedOn(other)]).toEqual([[], [alice]])
  })
})

function newSync(): ScramSync {
  const { store, secrets, keys, scramTurns: turns } = plane
  const setUsers = plane.scramUsers.set
  return new ScramSync({ store, secrets, keys, turns, setUsers, logger: silentLogger, retryDelayMs: 1 })
}

describe('what happens to a secret afterwards', () => {
  let sync: ScramSync

  beforeEach(async () => {
    await associate(plane.secrets.put('AmazonMSK_alice', ALICE))
    sync = newSync()
    sync.start()
    await sync.idle()
  })
  afterEach(() => sync.close())

  test('a new value is the password from then on, also under another name', async () => {
    plane.secrets.put('AmazonMSK_alice', { ...ALICE, password: 'rotated' })
    await sync.idle()
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice', 'rotated']]))
    plane.secrets.put('AmazonMSK_alice', { username: 'alice2', password: 'rotated' })
    await sync.idle()
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice2', 'rotated']]))
  })

  test('its end ends the login, its return brings it back', async () => {
    plane.secrets.delete('AmazonMSK_alice')
    await sync.idle()
    expect(plane.scramUsers.passwords.size).toBe(0)
    plane.secrets.put('AmazonMSK_alice', ALICE)
    await sync.idle()
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice', 'secret']]))
  })

  test('a value that cannot be read or is none changes nothing', async () => {
    plane.secrets.put('AmazonMSK_alice', ALICE, { secretString: null, unreadable: 'its key is disabled' })
    await sync.idle()
    plane.secrets.put('AmazonMSK_alice', 'no user')
    await sync.idle()
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice', 'secret']]))
  })

  test('a new value counts when its key can be used: the login stays as it was without a grant, until there is one', async () => {
    const alice = secretArn('AmazonMSK_alice')
    await plane.keys.revokeAll(keyArn('secrets'))
    plane.secrets.put('AmazonMSK_alice', { ...ALICE, password: 'rotated' })
    await sync.idle()
    expect(plane.scramUsers.passwords).toEqual(new Map([['alice', 'secret']]))
    await plane.keys.grant(keyArn('secrets'), { for: 'secret', secretArn: secretArn('AmazonMSK_bob') })
    await sync.idle()
    expect(plane.scramUsers.passwords.get('alice')).toBe('secret')
    await plane.keys.grant(keyArn('secrets'), { for: 'secret', secretArn: alice })
    await sync.idle()
    expect(plane.scramUsers.passwords.get('alice')).toBe('rotated')
  })

  test('an association that ends while its secret changes leaves no user behind', async () => {
    const alice = secretArn('AmazonMSK_alice')
    let goOn = (): void => undefined
    plane.scramUsers.hold = new Promise<void>((resolve) => (goOn = resolve))
    plane.secrets.put('AmazonMSK_alice', { ...ALICE, password: 'rotated' })
    await expect.poll(() => plane.scramUsers.waiting).toBe(1)
    const ended = plane.call('BatchDisassociateScramSecret', { ClusterArn: cluster.arn, SecretArnList: [alice] })
    // Time enough to end before the other, were it not to wait for it.
    for (let reads = 0; reads < 20; reads++) await plane.store.associatedSecrets(null)
    goOn()
    await Promise.all([ended, sync.idle()])
    expect(plane.scramUsers.passwords.size).toBe(0)
    expect(await plane.store.associatedSecrets(null)).toEqual([])
  })

  test('one that was associated before grants were made needs none', async () => {
    const [associated] = await plane.store.associatedSecrets(null)
    if (associated === undefined) throw new Error('nothing is associated')
    await plane.store.putAssociatedSecret({ ...associated, grant: null })
    await plane.keys.revokeAll(keyArn('secrets'))
    plane.secrets.put('AmazonMSK_alice', { ...ALICE, password: 'rotated' })
    await sync.idle()
    expect(plane.scramUsers.passwords.get('alice')).toBe('rotated')
  })

  test('what changed while nobody listened, or could not be brought about, is made up for', async () => {
    sync.close()
    plane.secrets.put('AmazonMSK_alice', { ...ALICE, password: 'changed meanwhile' })
    plane.scramUsers.failure = new Error('no broker answers')
    sync = newSync()
    sync.start()
    await sync.idle()
    expect(plane.scramUsers.passwords.get('alice')).toBe('secret')
    await expect.poll(() => plane.scramUsers.passwords.get('alice')).toBe('changed meanwhile')
  })
})

describe('UpdateSecurity', () => {
  test('gives a cluster other listeners, as an operation', async () => {
    const open = await plane.activeCluster('open', { EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } } })
    expect(plane.engine.running.get(open.id)?.clientListeners).toEqual(['tls'])
    const both = { Sasl: { Scram: { Enabled: true } }, Unauthenticated: { Enabled: true } }
    const { ClusterOperationArn = '' } = await plane.call('UpdateSecurity', {
      ClusterArn: open.arn,
      CurrentVersion: open.currentVersion,
      ClientAuthentication: both,
    })
    await plane.idle()
    expect(plane.engine.running.get(open.id)?.clientListeners).toEqual(['tls', 'scram'])
    const { ClusterOperationInfo } = await plane.call('DescribeClusterOperation', { ClusterOperationArn })
    expect(ClusterOperationInfo).toMatchObject({
      OperationType: 'UPDATE_SECURITY',
      OperationState: 'UPDATE_COMPLETE',
      TargetClusterInfo: { ClientAuthentication: both },
    })
    const strings = await plane.call('GetBootstrapBrokers', { ClusterArn: open.arn })
    expect(Object.keys(strings)).toEqual(['BootstrapBrokerStringTls', 'BootstrapBrokerStringSaslScram'])
    expect((await plane.cluster(open.arn)).currentVersion).not.toBe(open.currentVersion)
  })

  test.each([
    ['nothing', {}, 'clientAuthentication'],
    ['inCluster', { EncryptionInfo: { EncryptionInTransit: { InCluster: false } } }, 'encryptionInfo'],
    ['the key at rest', { EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: 'k' } } }, 'encryptionInfo'],
    [
      'SCRAM beside plaintext',
      { EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } } },
      'encryptionInfo.encryptionInTransit',
    ],
    ['nobody at all', { ClientAuthentication: { Unauthenticated: { Enabled: false } } }, 'clientAuthentication'],
  ] as const)('refuses to change %s, and names the member', async (_what, change, invalidParameter) => {
    const { arn: ClusterArn, currentVersion: CurrentVersion } = cluster
    expect(await plane.refusal('UpdateSecurity', { ClusterArn, CurrentVersion, ...change })).toMatchObject({
      name: 'BadRequestException',
      invalidParameter,
    })
  })

  test('refuses a version that is not current', async () => {
    const change = { ClientAuthentication: { Unauthenticated: { Enabled: true } } }
    expect(
      await plane.refusal('UpdateSecurity', { ClusterArn: cluster.arn, CurrentVersion: 'K0', ...change }),
    ).toMatchObject({ invalidParameter: 'currentVersion' })
  })
})
