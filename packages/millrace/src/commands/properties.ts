/** `millrace properties`: a client configuration for a cluster that works as it is printed. */
import type { KafkaApi, ListenerKind } from '../aws-client.ts'
import { localAuthority } from '../local-authority.ts'
import { locateCluster } from '../locate-cluster.ts'
import { printJson } from '../output.ts'
import { UserError } from '../user-error.ts'
import { iamClientProperties } from './iam-client-properties.ts'
import { clientProperties, type ClientKind, type ScramLogin } from './client-properties.ts'

export interface PropertiesCommandOptions {
  readonly dataDir?: string
  readonly auth: ListenerKind
  readonly for: ClientKind
  /** Whose login, where a cluster has several. */
  readonly user?: string
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
    login: options.auth === 'scram' ? await scramLogin(api, arn, options.user) : null,
  }
  if (options.json === true) printJson(connection)
  else process.stdout.write(clientProperties[options.for](connection))
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
