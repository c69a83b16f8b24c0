/** A cluster that has every kind of login, over TLS: nobody's, SCRAM's, IAM's. Broker 1 leads everything the table asks about. */
import { CreateConfigurationCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { rootKey } from '../harness/iam.ts'
import { startMillraceProcess, type MillraceProcess } from '../harness/millrace.ts'
import type { TableCase } from './cases.ts'
import { iamLogin } from './iam-login.ts'
import { salt, salted } from './scram-login.ts'
import { Wire, type Address } from './wire.ts'
import { createWorld, userOf, type World } from './world.ts'

export interface TableCluster {
  readonly millrace: MillraceProcess
  readonly clusterArn: string
  readonly world: World
  /** Broker 1, for users of SCRAM, if there are cases of theirs. */
  readonly scram: Address
  /** Likewise, for IAM principals. */
  readonly iam: Address
  /** PEM. */
  readonly ca: string
}

export async function startTableCluster(cases: readonly TableCase[]): Promise<TableCluster> {
  const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  try {
    return await createTableCluster(millrace, cases)
  } catch (error) {
    await millrace.stop()
    throw error
  }
}

async function createTableCluster(millrace: MillraceProcess, cases: readonly TableCase[]): Promise<TableCluster> {
  const access = { endpoint: millrace.endpoint, region: 'us-east-1' }
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const api = new KafkaApi({ ...access, ...credentials })
  const client = new KafkaClient({ ...access, credentials })
  const ServerProperties = Buffer.from('auto.create.topics.enable=true')
  const { Arn: configuration } = await client.send(new CreateConfigurationCommand({ Name: 'table', ServerProperties }))
  client.destroy()
  const { clusterArn } = await api.createCluster({
    clusterName: 'table',
    provisioned: {
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m5.large',
        clientSubnets: ['subnet-0000000000000000a', 'subnet-0000000000000000b'],
      },
      kafkaVersion: '4.1.x.kraft',
      numberOfBrokerNodes: 2,
      clientAuthentication: {
        unauthenticated: { enabled: true },
        sasl: { scram: { enabled: true }, iam: { enabled: true } },
      },
      configurationInfo: { arn: configuration, revision: 1 },
    },
  })
  await untilActive(api, clusterArn)
  const strings = await api.bootstrapStrings(clusterArn)
  const { stdout: ca } = await millrace.cli('ca')
  const brokers = await addresses(strings.tls, ca)
  const [admin] = brokers as [Address]
  const world = await createWorld(cases, { admin, brokers, internalPartitions: 50, salt, saltedPassword: salted })
  const user = cases.find(({ kind }) => kind === 'acl')
  const scram = user === undefined ? [] : await addresses(strings.scram, ca, (wire) => wire.scram(userOf(user), salted))
  const iam = await addresses(strings.iam, ca, (wire) => iamLogin(wire, rootKey))
  return { millrace, clusterArn, world, scram: scram[0] ?? admin, iam: iam[0] ?? admin, ca }
}

/** The brokers' addresses of one listener, by broker id. */
async function addresses(
  bootstrap: string | null,
  ca: string,
  logIn?: (wire: Wire) => Promise<number>,
): Promise<Address[]> {
  const [host = '', port] = (bootstrap ?? '').split(',')[0]?.split(':') ?? []
  const wire = await Wire.open({ host, port: Number(port), ca })
  await logIn?.(wire)
  const told = await wire.ask(60, 0, { includeClusterAuthorizedOperations: false })
  wire.close()
  const brokers = told['brokers'] as { brokerId: number; host: string; port: number }[]
  return brokers.sort((a, b) => a.brokerId - b.brokerId).map((each) => ({ host: each.host, port: each.port, ca }))
}
