/**
 * The customer key of a secret with a SCRAM user is used under a grant: who associates the secret needs leave to make it, and the
 * key's owner sees it, takes it back, and gives another. By the AWS CLI; kafkajs logs in.
 */
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IamUsers, rootKey, type AccessKey } from './harness/iam.ts'
import { judge } from './harness/judges.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'
import { runOk } from './harness/run.ts'
import { createScramCluster, type ScramCluster } from './harness/scram-cluster.ts'

const GRANTEE = 'kafka.us-east-1.amazonaws.com'
const kafka = { Effect: 'Allow', Action: 'kafka:*', Resource: '*' } as const

type Answer = Readonly<Record<string, unknown>>

let millrace: MillraceProcess
let cluster: ScramCluster
let users: IamUsers
let builder: AccessKey
let keyArn: string
let secret: string

async function aws(key: AccessKey, ...args: string[]): Promise<Answer> {
  const identity = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey }
  const environment = { ...millrace.environment, ...identity }
  const { stdout } = await runOk('aws', [...args, '--output', 'json'], { environment })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Answer)
}

const grants = async (): Promise<readonly Answer[]> =>
  (await aws(rootKey, 'kms', 'list-grants', '--key-id', keyArn))['Grants'] as readonly Answer[]

const revoke = (grant: Answer | undefined): Promise<Answer> =>
  aws(rootKey, 'kms', 'revoke-grant', '--key-id', keyArn, '--grant-id', String(grant?.['GrantId']))

/** What was not processed. */
async function associate(key: AccessKey): Promise<readonly Answer[]> {
  const asked = ['--cluster-arn', cluster.clusterArn, '--secret-arn-list', secret]
  const { UnprocessedScramSecrets } = await aws(key, 'kafka', 'batch-associate-scram-secret', ...asked)
  return UnprocessedScramSecrets as readonly Answer[]
}

async function login(password: string): Promise<boolean> {
  const producer = new Kafka({
    brokers: cluster.scram.split(','),
    ssl: { ca: [cluster.caPem] },
    sasl: { mechanism: 'scram-sha-512', username: 'alice', password },
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  }).producer()
  try {
    await producer.connect()
    return true
  } catch (error) {
    if (!String(error).includes('invalid credentials')) throw error
    return false
  } finally {
    await producer.disconnect()
  }
}

const value = (password: string): string => JSON.stringify({ username: 'alice', password })
const changePassword = (password: string): Promise<Answer> =>
  aws(rootKey, 'secretsmanager', 'put-secret-value', '--secret-id', secret, '--secret-string', value(password))

describe.skipIf(judge('aws') === null)('a secret of a SCRAM user, under a customer key', () => {
  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    cluster = await createScramCluster(millrace, 'secret')
    users = new IamUsers(millrace)
    builder = await users.create('builder', [kafka])
    const { KeyMetadata } = await aws(rootKey, 'kms', 'create-key')
    keyArn = (KeyMetadata as { readonly Arn: string }).Arn
    const named = ['--name', 'AmazonMSK_alice', '--kms-key-id', keyArn, '--secret-string', value('wonderland')]
    secret = String((await aws(rootKey, 'secretsmanager', 'create-secret', ...named))['ARN'])
  }, 120_000)
  afterAll(() => millrace?.stop())

  it('is associated by who may have MSK granted the use of its key; another learns the reason, of this secret', async () => {
    expect(await associate(builder)).toMatchObject([
      { SecretArn: secret, ErrorCode: 'InvalidSecretArn', ErrorMessage: expect.stringContaining('kms:DescribeKey') },
    ])
    const look = { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: keyArn } as const
    await users.allow('builder', [kafka, look])
    const [refused] = await associate(builder)
    expect(refused?.['ErrorMessage']).toMatch(
      /^Amazon MSK wasn't able to access the provided secret: .*kms:CreateGrant/,
    )
    expect(await grants()).toEqual([])
    expect(await login('wonderland')).toBe(false)
    const why = await millrace.cli('why', '--principal', 'builder')
    expect(why.stdout).toContain('"Action": "kms:CreateGrant"')
    const Condition = {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
      StringEquals: { 'kms:ViaService': GRANTEE },
    }
    const grant = { Effect: 'Allow', Action: 'kms:CreateGrant', Resource: keyArn, Condition } as const
    await users.allow('builder', [kafka, look, grant])
    expect(await associate(builder)).toEqual([])
    expect(await login('wonderland')).toBe(true)
    expect(await grants()).toMatchObject([
      {
        GranteePrincipal: GRANTEE,
        RetiringPrincipal: GRANTEE,
        Operations: ['DescribeKey', 'Decrypt', 'RetireGrant'],
        Constraints: { EncryptionContextSubset: { SecretARN: secret } },
      },
    ])
  }, 120_000)

  it('keeps its last password when the grant is revoked, and follows the secret again under another', async () => {
    const [grant] = await grants()
    await revoke(grant)
    await changePassword('mirror')
    expect(await login('wonderland')).toBe(true)
    expect(await login('mirror')).toBe(false)
    const wide = ['--key-id', keyArn, '--grantee-principal', GRANTEE, '--operations', 'Decrypt']
    await aws(rootKey, 'kms', 'create-grant', ...wide)
    await expect.poll(() => login('mirror'), { timeout: 20_000 }).toBe(true)
    expect(await login('wonderland')).toBe(false)
  }, 120_000)

  it('has another grant when it is associated anew, which ends with the association', async () => {
    const [own] = await grants()
    await revoke(own)
    await changePassword('looking-glass')
    expect(await login('looking-glass')).toBe(false)
    expect(await associate(builder)).toEqual([])
    expect(await login('looking-glass')).toBe(true)
    expect(await grants()).toHaveLength(1)
    const ending = ['kafka', 'batch-disassociate-scram-secret', '--cluster-arn', cluster.clusterArn]
    await aws(builder, ...ending, '--secret-arn-list', secret)
    expect(await grants()).toEqual([])
    expect(await login('looking-glass')).toBe(false)
  }, 120_000)
})
