/** `millrace properties`: a client configuration for a cluster that works as it is printed. */
import { localAuthority } from '../local-authority.ts'
import { locateCluster } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface PropertiesCommandOptions {
  readonly dataDir?: string
  readonly auth: 'plaintext' | 'tls'
  readonly for: ClientKind
  readonly json?: boolean
}

export type ClientKind = 'java' | 'librdkafka' | 'kafkajs' | 'python'

/** What every client has to be told, whatever it calls it. */
interface Connection {
  readonly brokers: readonly string[]
  /** Null: plaintext. */
  readonly caFile: string | null
}

const printers: Readonly<Record<ClientKind, (connection: Connection) => string>> = {
  java: ({ brokers, caFile }) =>
    lines({
      'bootstrap.servers': brokers.join(','),
      ...(caFile === null
        ? { 'security.protocol': 'PLAINTEXT' }
        : { 'security.protocol': 'SSL', 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': caFile }),
    }),
  librdkafka: ({ brokers, caFile }) =>
    lines({
      'bootstrap.servers': brokers.join(','),
      ...(caFile === null
        ? { 'security.protocol': 'plaintext' }
        : { 'security.protocol': 'ssl', 'ssl.ca.location': caFile }),
    }),
  kafkajs: ({ brokers, caFile }) =>
    caFile === null
      ? `export default { brokers: ${JSON.stringify(brokers)} }\n`
      : `import { readFileSync } from 'node:fs'

export default {
  brokers: ${JSON.stringify(brokers)},
  ssl: { ca: [readFileSync(${JSON.stringify(caFile)}, 'utf8')] },
}
`,
  python: ({ brokers, caFile }) =>
    `config = ${JSON.stringify(
      {
        bootstrap_servers: brokers,
        ...(caFile === null ? { security_protocol: 'PLAINTEXT' } : { security_protocol: 'SSL', ssl_cafile: caFile }),
      },
      null,
      4,
    )}\n`,
}

export async function properties(cluster: string, options: PropertiesCommandOptions): Promise<void> {
  const { api, arn, name } = await locateCluster({ ...options, cluster })
  const bootstrap = (await api.bootstrapStrings(arn))[options.auth]
  if (bootstrap === null) {
    throw new UserError(
      `Cluster ${name} has no ${options.auth} listener; encryptionInTransit.clientBroker decides when it is created.`,
    )
  }
  const caFile = options.auth === 'tls' ? (await localAuthority(options.dataDir)).certificateFile : null
  const connection = { brokers: bootstrap.split(','), caFile }
  if (options.json === true) printJson(connection)
  else process.stdout.write(printers[options.for](connection))
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
