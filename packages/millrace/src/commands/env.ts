/** `millrace env`: the variables that aim AWS tools at this Millrace, for `eval` by a shell. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from '../data-directory.ts'
import { localAuthority, TRUST_STORE_PASSWORD, writeTrustStore } from '../local-authority.ts'
import { requireServer } from '../locate-cluster.ts'
import type { RootKey } from '../server/credentials.ts'
import { UserError } from '../user-error.ts'

const shells: Readonly<Record<string, (name: string, value: string) => string>> = {
  bash: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
}

export async function env(options: {
  readonly dataDir?: string
  readonly shell: string
  readonly json?: boolean
}): Promise<void> {
  const record = requireServer(options.dataDir)
  const keyFile = join(dataDirectory(options.dataDir), 'root-credentials.json')
  const key = existsSync(keyFile)
    ? (JSON.parse(readFileSync(keyFile, 'utf8')) as RootKey)
    : { accessKeyId: 'test', secret: 'test' }
  const authority = await localAuthority(options.dataDir)
  writeTrustStore(authority)
  const variables = {
    AWS_ENDPOINT_URL: record.endpoint,
    AWS_REGION: record.region,
    AWS_DEFAULT_REGION: record.region,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secret,
    AWS_EC2_METADATA_DISABLED: 'true',
    NODE_EXTRA_CA_CERTS: authority.certificateFile,
    KAFKA_OPTS: `-Djavax.net.ssl.trustStore=${authority.trustStoreFile} -Djavax.net.ssl.trustStorePassword=${TRUST_STORE_PASSWORD}`,
  }
  const shell = options.json === true ? 'json' : options.shell
  if (shell === 'json') {
    process.stdout.write(`${JSON.stringify(variables, null, 2)}\n`)
    return
  }
  const line = shells[shell]
  if (line === undefined) throw new UserError(`--shell ${shell} is unknown; use bash, fish, powershell or json.`)
  for (const [name, value] of Object.entries(variables)) process.stdout.write(`${line(name, value)}\n`)
}
