/** Producers that are programs of others, at steady work in a topic of their own, and what takes that away from them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { REGION, type AccessKey } from '../iam.ts'
import { judge } from '../judges.ts'
import { writer } from './iam-cases.ts'
import type { OpenCluster } from './open-cluster.ts'
import { PASSWORD, scramUser } from './other-cases.ts'
import { ToolAtWork } from './tool-at-work.ts'

export interface OpenTool {
  readonly tool: ToolAtWork
  readonly refuse: () => Promise<unknown>
}

export interface ToolCase {
  readonly name: string
  readonly missing: boolean
  readonly open: (cluster: OpenCluster, scratch: string) => Promise<OpenTool>
}

const kcat = judge('kcat')
const python = judge('python-kafka')

export const toolCases: readonly ToolCase[] = [
  {
    name: 'kcat (SCRAM): an ACL denies',
    missing: kcat === null,
    async open(cluster, scratch) {
      // Its own: while an ACL is on a topic, nobody else may use it.
      const topic = await topicFor(cluster, 'by-kcat')
      const { username, client } = await scramUser(cluster)
      await client.close()
      writeFileSync(join(scratch, 'ca.pem'), cluster.caPem)
      const login = [`sasl.username=${username}`, `sasl.password=${PASSWORD}`, 'sasl.mechanism=SCRAM-SHA-512']
      const tls = ['security.protocol=sasl_ssl', `ssl.ca.location=${join(scratch, 'ca.pem')}`]
      const options = [...login, ...tls, 'fetch.wait.max.ms=50'].flatMap((option) => ['-X', option])
      const tool = await ToolAtWork.start(cluster, topic, {
        command: 'kcat',
        args: ['-C', '-u', '-b', cluster.scramBootstrap, '-t', topic, ...options],
        works: (said) => said.includes('Reached end of topic'),
      })
      const acl = {
        resourceType: AclResourceTypes.TOPIC,
        resourceName: topic,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${username}`,
        host: '*',
        operation: AclOperationTypes.READ,
        permissionType: AclPermissionTypes.DENY,
      }
      return { tool, refuse: () => cluster.admin.createAcls({ acl: [acl] }) }
    },
  },
  {
    name: 'confluent-kafka for Python (OAUTHBEARER): a policy changes',
    missing: python === null,
    async open(cluster, scratch) {
      const topic = await topicFor(cluster, 'by-python')
      const { key, refuse } = await writer(cluster, topic)
      const file = join(scratch, 'steady.py')
      writeFileSync(join(scratch, 'ca.pem'), cluster.caPem)
      writeFileSync(file, PYTHON)
      const args = [file, cluster.iamBootstrap, join(scratch, 'ca.pem'), topic, REGION]
      const tool = await ToolAtWork.start(cluster, topic, {
        command: python ?? '',
        args,
        environment: inEnvironment(key),
      })
      return { tool, refuse }
    },
  },
]

const PYTHON = `
import sys
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from confluent_kafka import Producer
bootstrap, ca, topic, region = sys.argv[1:]
def token(_):
    value, expires_ms = MSKAuthTokenProvider.generate_auth_token(region)
    return value, expires_ms / 1000
producer = Producer({'bootstrap.servers': bootstrap, 'security.protocol': 'SASL_SSL', 'sasl.mechanisms': 'OAUTHBEARER',
                     'oauth_cb': token, 'ssl.ca.location': ca, 'linger.ms': 0})
def told(error, _):
    if error is not None: print(error.str(), flush=True)
while True:
    producer.produce(topic, b'steady', on_delivery=told)
    producer.poll(0.02)
`

function inEnvironment({ accessKeyId, secretAccessKey }: AccessKey): Readonly<Record<string, string>> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
}

let topics = 0

async function topicFor({ admin }: OpenCluster, name: string): Promise<string> {
  const topic = `${name}-${++topics}`
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true })
  return topic
}
