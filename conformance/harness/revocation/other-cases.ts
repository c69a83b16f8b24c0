/** The same for those whom ACLs decide about: users of secrets, and holders of certificates. */
import { BatchAssociateScramSecretCommand, BatchDisassociateScramSecretCommand } from '@aws-sdk/client-kafka'
import { CreateKeyCommand } from '@aws-sdk/client-kms'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes, type AclEntry } from 'kafkajs'
import { TOPIC, type OpenCluster } from './open-cluster.ts'
import type { SteadyClient } from './steady-client.ts'

export interface OpenClient {
  readonly client: SteadyClient
  readonly refuse: () => Promise<unknown>
  readonly allow?: () => Promise<unknown>
}

export interface OtherCase {
  readonly name: string
  readonly closes: boolean
  readonly open: (cluster: OpenCluster) => Promise<OpenClient>
}

let names = 0
let secretKey: Promise<string> | null = null

export const otherCases: readonly OtherCase[] = [
  {
    name: 'secret of a SCRAM user deleted',
    closes: true,
    async open(cluster) {
      const { secrets } = cluster
      const { SecretId, client } = await scramUser(cluster)
      return {
        client,
        refuse: () => secrets.send(new DeleteSecretCommand({ SecretId })),
        allow: () => secrets.send(new RestoreSecretCommand({ SecretId })),
      }
    },
  },
  {
    name: 'secret of a SCRAM user disassociated',
    closes: true,
    async open(cluster) {
      const { kafka, clusterArn: ClusterArn } = cluster
      const { SecretId, client } = await scramUser(cluster)
      const which = { ClusterArn, SecretArnList: [SecretId] }
      return {
        client,
        refuse: () => kafka.send(new BatchDisassociateScramSecretCommand(which)),
        allow: () => kafka.send(new BatchAssociateScramSecretCommand(which)),
      }
    },
  },
  {
    name: 'secret made that of another SCRAM user',
    closes: true,
    async open(cluster) {
      const { secrets } = cluster
      const { SecretId, username, client } = await scramUser(cluster)
      const put = (name: string): Promise<unknown> =>
        secrets.send(new PutSecretValueCommand({ SecretId, SecretString: value(name) }))
      return { client, refuse: () => put(`${username}-2`), allow: () => put(username) }
    },
  },
  {
    name: 'Kafka ACL that denies',
    closes: false,
    async open(cluster) {
      const { username, client } = await scramUser(cluster)
      const acl = aclOf(username, AclPermissionTypes.DENY)
      return {
        client,
        refuse: () => cluster.admin.createAcls({ acl: [acl] }),
        allow: () => cluster.admin.deleteAcls({ filters: [acl] }),
      }
    },
  },
  {
    name: 'certificate revoked, with --mtls-revocation',
    closes: true,
    async open(cluster) {
      const certificate = await cluster.issue(`/CN=holder-${++names}`)
      const client = await cluster.clientByCertificate(certificate)
      return { client, refuse: () => cluster.revoke(certificate) }
    },
  },
]

export interface ScramUser {
  readonly SecretId: string
  readonly username: string
  readonly client: SteadyClient
}

/** At work, by a secret of its own. */
export async function scramUser(cluster: OpenCluster): Promise<ScramUser> {
  const { secrets, kafka, kms, clusterArn: ClusterArn } = cluster
  const username = `user-${++names}`
  secretKey ??= kms.send(new CreateKeyCommand({})).then(({ KeyMetadata }) => KeyMetadata?.KeyId ?? '')
  const wanted = { Name: `AmazonMSK_${username}`, KmsKeyId: await secretKey, SecretString: value(username) }
  const { ARN: SecretId = '' } = await secrets.send(new CreateSecretCommand(wanted))
  await kafka.send(new BatchAssociateScramSecretCommand({ ClusterArn, SecretArnList: [SecretId] }))
  return { SecretId, username, client: await cluster.clientByScram(username, PASSWORD) }
}

export const PASSWORD = 'correct-horse-battery-staple'

export function value(username: string, password: string = PASSWORD): string {
  return JSON.stringify({ username, password })
}

function aclOf(username: string, permissionType: AclPermissionTypes): AclEntry {
  return {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: TOPIC,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${username}`,
    host: '*',
    operation: AclOperationTypes.WRITE,
    permissionType,
  }
}
