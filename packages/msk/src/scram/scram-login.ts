/** What MSK asks of a secret that holds a SCRAM user (msk.md §5.3), and the user in it. */
import type { SecretReading } from './secret-source.ts'

export interface ScramLogin {
  readonly username: string
  readonly password: string
  /** Of the secret: which value this is. */
  readonly versionId: string
}

/** As UnprocessedScramSecret tells it. */
export interface SecretRefusal {
  readonly errorCode: string
  readonly errorMessage: string
}

const PREFIX = 'AmazonMSK_'
const DEFAULT_KEYS: ReadonlySet<string> = new Set(['alias/aws/secretsmanager'])

/** There is no such secret, or there will be none. */
export const noSecret: SecretRefusal = unusable('the secret does not exist, or its deletion is scheduled')

/** Why MSK does not take `secret`, whatever its value is; null: it may have a user in it. */
export function unfitSecret(secret: SecretReading): SecretRefusal | null {
  if (secret.deleted) return noSecret
  if (!secret.name.startsWith(PREFIX)) {
    return refusal(
      `The provided secret ARN cannot be used with Amazon MSK. Secret names must have the prefix '${PREFIX}'.`,
    )
  }
  if (secret.kmsKeyId === null || isDefaultKey(secret.kmsKeyId)) {
    return unusable('it is encrypted with the default key of Secrets Manager; give it a customer managed KMS key')
  }
  return null
}

/** The user in `secret`, or why MSK does not take it. */
export function scramLogin(secret: SecretReading): ScramLogin | SecretRefusal {
  const unfit = unfitSecret(secret)
  if (unfit !== null) return unfit
  if (secret.unreadable !== null) return unusable(secret.unreadable)
  const { secretString, versionId } = secret
  if (secretString === null || versionId === null) return unusable('it has no text value')
  const user = userIn(secretString)
  if (user === null) {
    return refusal('The value of the secret must be JSON of the form {"username": "...", "password": "..."}.')
  }
  return { ...user, versionId }
}

export function isRefusal(login: ScramLogin | SecretRefusal): login is SecretRefusal {
  return 'errorCode' in login
}

function isDefaultKey(keyId: string): boolean {
  return DEFAULT_KEYS.has(keyId) || [...DEFAULT_KEYS].some((alias) => keyId.endsWith(`:${alias}`))
}

function userIn(text: string): { readonly username: string; readonly password: string } | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { username, password } = value as { readonly username?: unknown; readonly password?: unknown }
  if (typeof username !== 'string' || typeof password !== 'string') return null
  return username === '' || password === '' ? null : { username, password }
}

export function unusable(why: string): SecretRefusal {
  return refusal(`Amazon MSK wasn't able to access the provided secret: ${why}.`)
}

function refusal(errorMessage: string): SecretRefusal {
  return { errorCode: 'InvalidSecretArn', errorMessage }
}
