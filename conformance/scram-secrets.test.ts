/**
 * SCRAM users as MSK's users make them: an AmazonMSK_ secret under a customer key, associated with the cluster by the stock
 * SDK. kafkajs logs in with it; the password follows the secret, and the login ends with it.
 */
import { BatchAssociateScramSecretCommand, KafkaClient, ListScramSecretsCommand } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { Kafka, logLevel } from 'kafkajs'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMillraceProcess, threeBrokers, type MillraceProcess } from './harness/millrace.ts'

describe('SCRAM users from secrets', () => {
  let millrace: MillraceProcess
  let clusterArn: string
  let scram: string
  let caPem: string
  let kafka: KafkaClient
  let kms: KMSClient
  let secrets: SecretsManagerClient

  beforeAll(async () => {
    millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const settings = { endpoint: millrace.endpoint, region: 'us-east-1', maxAttempts: 1, credentials }
    kafka = new KafkaClient(settings)
    kms = new KMSClient(settings)
    secrets = new SecretsManagerClient(settings)
    const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
    const created = await api.createCluster({
      clusterName: 'secret',
      provisioned: {
        brokerNodeGroupInfo: {
          instanceType: 'kafka.m5.large',
          clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
        },
        kafkaVersion: '3.9.x',
        numberOfBrokerNodes: 3,
        clientAuthentication: { sasl: { scram: { enabled: true } } },
      },
    })
    clusterArn = created.clusterArn
    await untilActive(api, clusterArn)
    scram = (await api.bootstrapStrings(clusterArn)).scram ?? ''
    caPem = (await millrace.cli('ca')).stdout
  }, 180_000)
  afterAll(() => millrace?.stop())

  const connect = async (password: string): Promise<void> => {
    const producer = new Kafka({
      brokers: scram.split(','),
      ssl: { ca: [caPem] },
      sasl: { mechanism: 'scram-sha-512', username: 'alice', password },
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    }).producer()
    await producer.connect()
    await producer.disconnect()
  }

  const value = (password: string): string => JSON.stringify({ username: 'alice', password })

  /** A change of a secret reaches the brokers within a second or so; AWS says ten minutes. */
  async function eventually(attempt: () => Promise<void>): Promise<void> {
    await expect.poll(() => attempt().then(() => 'done', String), { timeout: 20_000, interval: 250 }).toBe('done')
  }

  it('the user logs in at once, the password follows the secret, the login ends with it and comes back', async () => {
    const KmsKeyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    const { ARN = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'AmazonMSK_alice', SecretString: value('wonderland'), KmsKeyId }),
    )
    const unkeyed = await secrets.send(
      new CreateSecretCommand({ Name: 'AmazonMSK_unkeyed', SecretString: value('anything') }),
    )
    const answer = await kafka.send(
      new BatchAssociateScramSecretCommand({ ClusterArn: clusterArn, SecretArnList: [ARN, unkeyed.ARN ?? ''] }),
    )
    expect(answer.UnprocessedScramSecrets?.map(({ SecretArn }) => SecretArn)).toEqual([unkeyed.ARN])
    const { SecretArnList } = await kafka.send(new ListScramSecretsCommand({ ClusterArn: clusterArn }))
    expect(SecretArnList).toEqual([ARN])
    await connect('wonderland')
    await expect(connect('looking-glass')).rejects.toThrow('invalid credentials')

    await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: value('mirror') }))
    await eventually(() => connect('mirror'))
    await expect(connect('wonderland')).rejects.toThrow('invalid credentials')

    await secrets.send(new DeleteSecretCommand({ SecretId: ARN, RecoveryWindowInDays: 7 }))
    await eventually(() => expect(connect('mirror')).rejects.toThrow('invalid credentials'))
    await secrets.send(new RestoreSecretCommand({ SecretId: ARN }))
    await eventually(() => connect('mirror'))
  }, 180_000)
})
