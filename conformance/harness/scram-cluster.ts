/** A three-broker cluster that takes users of SCRAM beside clients without a login, both over TLS. */
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { threeBrokers, type MillraceProcess } from './millrace.ts'

export interface ScramCluster {
  readonly clusterArn: string
  readonly api: KafkaApi
  /** Bootstrap brokers. */
  readonly tls: string
  readonly scram: string
  /** The certificate that clients trust. */
  readonly caPem: string
}

/** It has no users yet. */
export async function createScramCluster(millrace: MillraceProcess, clusterName: string): Promise<ScramCluster> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const api = new KafkaApi({ endpoint: millrace.endpoint, region: 'us-east-1', ...credentials })
  const { clusterArn } = await api.createCluster({
    clusterName,
    provisioned: {
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m5.large',
        clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
      },
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: 3,
      clientAuthentication: { sasl: { scram: { enabled: true } }, unauthenticated: { enabled: true } },
    },
  })
  await untilActive(api, clusterArn)
  const { tls, scram } = await api.bootstrapStrings(clusterArn)
  const caPem = (await millrace.cli('ca')).stdout
  return { clusterArn, api, tls: tls ?? '', scram: scram ?? '', caPem }
}

export interface ScramLogin {
  readonly username: string
  readonly password: string
  readonly caFile: string
}

/** The configuration of a Java client that logs in, over TLS. */
export function scramProperties({ username, password, caFile }: ScramLogin): string {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  const lines = [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=SCRAM-SHA-512',
    `sasl.jaas.config=${module} required username="${username}" password="${password}";`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${caFile}`,
  ]
  return `${lines.join('\n')}\n`
}
