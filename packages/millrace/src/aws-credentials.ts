/**
 * AWS credentials where AWS's own tools look for them, as far as that needs no other program and no network: environment, then
 * the profile of AWS_PROFILE (or `default`) in ~/.aws/credentials and ~/.aws/config. Roles, SSO and credential processes
 * are refused with what makes environment variables of them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from './user-error.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** Where they were found: 'the environment', 'the profile staging'. */
  readonly source: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Null when the environment names no key. */
export function environmentCredentials(env: Environment): AwsCredentials | null {
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']]
  if (accessKeyId === undefined || accessKeyId === '' || secretAccessKey === undefined) return null
  return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] || null, source: 'the environment' }
}

export interface Profile {
  readonly credentials: AwsCredentials
  readonly region: string | null
}

/**
 * Null when no profile is named and there is no `default` one.
 * @throws UserError for a named profile that is absent, and for one whose credentials are got from elsewhere
 */
export function profileOf(env: Environment): Profile | null {
  const named = env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || null
  const name = named ?? 'default'
  const home = join(homedir(), '.aws')
  const ofKeys = sectionsOf(env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, 'credentials')).get(name)
  const configured = sectionsOf(env['AWS_CONFIG_FILE'] ?? join(home, 'config'))
  const ofConfig = configured.get(`profile ${name}`) ?? (name === 'default' ? configured.get(name) : undefined)
  const settings = new Map([...(ofConfig ?? []), ...(ofKeys ?? [])])
  const [accessKeyId, secretAccessKey] = [settings.get('aws_access_key_id'), settings.get('aws_secret_access_key')]
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    if (named === null && settings.size === 0) return null
    if (settings.size === 0) throw new UserError(`There is no AWS profile ${name}; AWS_PROFILE names it.`)
    if (named === null && !INDIRECT.some((key) => settings.has(key))) return null
    throw new UserError(
      `The AWS profile ${name} has no key of its own. eval "$(aws configure export-credentials --profile ${name} --format env)" puts its credentials into the environment.`,
    )
  }
  const sessionToken = settings.get('aws_session_token') ?? null
  return {
    credentials: { accessKeyId, secretAccessKey, sessionToken, source: `the profile ${name}` },
    region: settings.get('region') ?? null,
  }
}

/** What says that a profile gets its credentials from elsewhere. */
const INDIRECT = ['role_arn', 'sso_session', 'sso_start_url', 'credential_process', 'web_identity_token_file']

/** Sections of an INI file as AWS's tools write it, nested settings left out; empty for a file that is not there. */
export function sectionsOf(file: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  if (!existsSync(file)) return sections
  let section = new Map<string, string>()
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const [, name] = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line) ?? []
    if (name !== undefined) {
      const called = name.replace(/\s+/, ' ')
      section = sections.get(called) ?? new Map<string, string>()
      sections.set(called, section)
      continue
    }
    const [, key, value] = /^([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) section.set(key.toLowerCase(), value)
  }
  return sections
}
