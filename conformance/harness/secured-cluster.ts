/** Three brokers behind TLS, and what a client needs to get in: by nothing more, by a certificate, by SCRAM or by IAM. */
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { createCluster, threeBrokers, type ClusterOptions, type MillraceProcess } from './millrace.ts'
import { PrivateAuthority, type IssuedCertificate } from './private-authority.ts'
import { createScramUsers } from './scram-users.ts'

export const securities = {
  tls: { listener: 'tls', words: 'over TLS' },
  mutual: { listener: 'tls', words: 'over mutual TLS' },
  scram: { listener: 'scram', words: 'over TLS with SCRAM-SHA-512' },
  iam: { listener: 'iam', words: 'over TLS with IAM access control' },
} as const

export type Security = keyof typeof securities

/** Who logs in by SCRAM, and whom certificates are for. */
export const USER = { username: 'alice', password: 'correct-horse-battery-staple' } as const
export const SUBJECT = '/O=Example/CN=alice'

export interface SecuredCluster {
  readonly clusterArn: string
  readonly security: Security
  readonly bootstrap: string
  /** PEM of the authority of the brokers. */
  readonly caFile: string
  /** The client's own, with mutual TLS. */
  readonly certificate: IssuedCertificate | null
  /** As `millrace properties` prints them. */
  properties(client: 'java' | 'librdkafka'): Promise<string>
}

/**
 * Creates it and waits until it is ACTIVE. Mutual TLS takes the AWS CLI.
 * @param directory for the files that clients need
 */
export async function createSecuredCluster(
  millrace: MillraceProcess,
  directory: string,
  clusterName: string,
  security: Security,
  options: ClusterOptions = {},
): Promise<SecuredCluster> {
  const authority = security === 'mutual' ? await PrivateAuthority.create(millrace, directory, clusterName) : null
  const provisioned = {
    brokerNodeGroupInfo: {
      instanceType: threeBrokers.BrokerNodeGroupInfo.InstanceType,
      clientSubnets: threeBrokers.BrokerNodeGroupInfo.ClientSubnets,
    },
    kafkaVersion: options.kafkaVersion ?? threeBrokers.KafkaVersion,
    numberOfBrokerNodes: threeBrokers.NumberOfBrokerNodes,
    encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS' } },
    clientAuthentication: {
      tls: { unauthenticated: { enabled: true } },
      mutual: { tls: { enabled: true, certificateAuthorityArnList: [authority?.arn] } },
      scram: { sasl: { scram: { enabled: true } } },
      iam: { sasl: { iam: { enabled: true } } },
    }[security],
  }
  const { clusterArn, strings } = await createCluster(millrace, { clusterName, provisioned }, options.serverProperties)
  if (security === 'scram') await createScramUsers(millrace, clusterArn, [USER])
  const certificate = authority === null ? null : await authority.issue('client', SUBJECT)
  const caFile = join(directory, 'broker-ca.pem')
  writeFileSync(caFile, (await millrace.cli('ca')).stdout)
  const { listener } = securities[security]
  return {
    clusterArn,
    security,
    bootstrap: strings[listener] ?? '',
    caFile,
    certificate,
    async properties(client) {
      const own = certificate === null ? [] : ['--certificate', certificate.certFile, '--key', certificate.keyFile]
      const { stdout, stderr, status } = await millrace.cli(
        ...['properties', clusterName, '--auth', listener, '--for', client, ...own],
      )
      if (status !== 0) throw new Error(stderr)
      return stdout
    },
  }
}
