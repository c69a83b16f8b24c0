/** The table of authorisation, asked of a cluster: each case as a principal of its own. */
import { CreateConfigurationCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { KafkaApi } from 'millrace/aws-client'
import { untilActive } from 'millrace/demo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { casesOf } from './authorization/cases.ts'
import { table } from './authorization/expected/table.ts'
import { runCases } from './authorization/run-cases.ts'
import { salt, salted, scramLogin } from './authorization/scram-login.ts'
import { Wire, type Address } from './authorization/wire.ts'
import { createWorld, userOf, type World } from './authorization/world.ts'
import { startMillraceProcess, type MillraceProcess } from './harness/millrace.ts'

const cases = casesOf(table)
let millrace: MillraceProcess
let world: World
let scram: Address

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

beforeAll(async () => {
  millrace = await startMillraceProcess({ args: ['--ephemeral'] })
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
      clientAuthentication: { unauthenticated: { enabled: true }, sasl: { scram: { enabled: true } } },
      configurationInfo: { arn: configuration, revision: 1 },
    },
  })
  await untilActive(api, clusterArn)
  const strings = await api.bootstrapStrings(clusterArn)
  const { stdout: ca } = await millrace.cli('ca')
  const brokers = await addresses(strings.tls, ca)
  const [admin] = brokers
  world = await createWorld(cases, {
    admin: admin as Address,
    brokers,
    internalPartitions: 50,
    salt,
    saltedPassword: salted,
  })
  const asUser = (wire: Wire): Promise<number> => wire.scram(userOf(0), salted)
  ;[scram] = (await addresses(strings.scram, ca, asUser)) as [Address]
})
afterAll(() => millrace?.stop())

describe('the table of authorisation', () => {
  it('by ACLs', async () => {
    const differences = await runCases(
      cases.filter(({ kind }) => kind === 'acl'),
      world,
      scramLogin(scram),
    )
    expect(differences.join('\n')).toBe('')
  })
})
