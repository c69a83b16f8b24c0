/** `millrace properties`: a client configuration for a cluster that works as it is printed. */
import type { KafkaApi, ListenerKind } from '../aws-client.ts'
import { localAuthority } from '../local-authority.ts'
import { locateCluster } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'
import { iamClientProperties } from './iam-client-properties.ts'
import { readClientCertificate } from './client-certificate.ts'
import {
  clientProperties,
  type ClientCertificate,
  type ClientConnection,
  type ClientKind,
  type ScramLogin,
} from './client-properties.ts'

export interface PropertiesCommandOptions {
  readonly dataDir?: string
  readonly auth: ListenerKind
  readonly for: ClientKind
  /** Whose login, where a cluster has several. */
  readonly user?: string
  /** PEM files of the client, for a cluster that asks for certificates. */
  readonly certificate?: string
  readonly key?: string
  readonly json?: boolean
}

export async function properties(cluster: string, options: PropertiesCommandOptions): Promise<void> {
  const { api, arn, name } = await locateCluster({ ...options, cluster })
  const bootstrap = (await api.bootstrapStrings(arn))[options.auth]
  if (bootstrap === null) {
    throw new UserError(
      `Cluster ${name} has no ${options.auth} listener; \`aws kafka update-security\` gives it another one.`,
    )
  }
  if (options.auth === 'iam') {
    const { certificateFile: caFile } = await localAuthority(options.dataDir)
    const connection = { brokers: bootstrap.split(','), caFile, region: arn.split(':')[3] ?? '' }
    if (options.json === true) printJson(connection)
    else process.stdout.write(iamClientProperties[options.for](connection))
    return
  }
  const connection = {
    brokers: bootstrap.split(','),
    caFile: options.auth === 'plaintext' ? null : (await localAuthority(options.dataDir)).certificateFile,
    certificate: await clientCertificate(api, { arn, name }, options),
    login: options.auth === 'scram' ? await scramLogin(api, arn, options.user) : null,
  }
  if (options.json === true) printJson(withoutKey(connection))
  else process.stdout.write(clientProperties[options.for](connection))
}

/** Of mutual TLS. Where the cluster lets unknown clients in as well, one without is given when none is named. */
async function clientCertificate(
  api: KafkaApi,
  { arn, name }: { readonly arn: string; readonly name: string },
  { auth, certificate, key }: PropertiesCommandOptions,
): Promise<ClientCertificate | null> {
  if ((certificate === undefined) !== (key === undefined))
    throw new UserError(
      "--certificate and --key belong together: the client's certificate (PEM, its chain after it) and its key.",
    )
  if (certificate !== undefined && key !== undefined) {
    if (auth !== 'tls') throw new UserError('--certificate and --key are for --auth tls.')
    return readClientCertificate(certificate, key)
  }
  if (auth !== 'tls' || !(await api.demandsCertificates(arn))) return null
  throw new UserError(
    [
      `Cluster ${name} demands a client certificate: name it with --certificate FILE (PEM, its chain after it) and --key FILE (PEM).`,
      'A private CA of the cluster issues one for a request (openssl req -new -newkey rsa:2048 -nodes -keyout client-key.pem -out client.csr):',
      '  aws acm-pca issue-certificate --certificate-authority-arn ARN --csr fileb://client.csr --signing-algorithm SHA256WITHRSA --validity Value=365,Type=DAYS',
      '  aws acm-pca get-certificate --certificate-authority-arn ARN --certificate-arn ARN --output text',
    ].join('\n'),
  )
}

/** Where they are, not what is in them. */
function withoutKey(connection: ClientConnection): object {
  const { certificate } = connection
  if (certificate === null) return connection
  const { certificateFile, keyFile } = certificate
  return { ...connection, certificate: { certificateFile, keyFile } }
}

/** The user in the cluster's only secret, or the one that was asked for. */
async function scramLogin(api: KafkaApi, arn: string, user: string | undefined): Promise<ScramLogin> {
  const secrets = await api.scramSecrets(arn)
  const logins = await Promise.all(
    secrets.map(async (secret) => JSON.parse(await api.secretString(secret)) as ScramLogin),
  )
  const names = logins.map(({ username }) => username).join(', ')
  if (user === undefined && logins.length > 1) throw new UserError(`Which user? Name one with --user: ${names}.`)
  const found = user === undefined ? logins[0] : logins.find(({ username }) => username === user)
  if (found !== undefined) return found
  throw new UserError(
    logins.length === 0
      ? 'No secret is associated with this cluster: `aws kafka batch-associate-scram-secret` makes its user a login.'
      : `No associated secret has the user ${user ?? ''}; there is: ${names}.`,
  )
}
