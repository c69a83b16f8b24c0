/** Users of a cluster's SCRAM listener as those of MSK make them: secrets under a key of their own, associated with it. */
import { BatchAssociateScramSecretCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsAccess, type MillraceProcess } from './millrace.ts'

export interface ScramUser {
  readonly username: string
  readonly password: string
}

export async function createScramUsers(
  millrace: MillraceProcess,
  clusterArn: string,
  users: readonly ScramUser[],
): Promise<void> {
  const access = awsAccess(millrace)
  const clients = {
    kms: new KMSClient(access),
    secrets: new SecretsManagerClient(access),
    kafka: new KafkaClient(access),
  }
  const KmsKeyId = (await clients.kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
  const SecretArnList: string[] = []
  for (const user of users) {
    // A secret may be for one cluster alone.
    const Name = `AmazonMSK_${user.username}_${clusterArn.split('/')[1] ?? ''}`
    const SecretString = JSON.stringify(user)
    const { ARN = '' } = await clients.secrets.send(new CreateSecretCommand({ Name, SecretString, KmsKeyId }))
    SecretArnList.push(ARN)
  }
  await clients.kafka.send(new BatchAssociateScramSecretCommand({ ClusterArn: clusterArn, SecretArnList }))
  for (const client of Object.values(clients)) client.destroy()
}
