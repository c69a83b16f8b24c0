/** The value in an input, and the rule that makes writes of it safe to repeat. */
import { timingSafeEqual } from 'node:crypto'
import { AwsError } from '@millrace/aws/errors'
import type { SecretValue } from './secret.ts'
import type { SecretVault, Whole } from './secret-vault.ts'

/** Null: neither was given. Throws InvalidParameterException for both. */
export function valueOf(input: {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}): SecretValue | null {
  if (input.SecretString !== undefined && input.SecretBinary !== undefined) {
    throw new AwsError('InvalidParameterException', {
      message: "You can't specify both a binary secret value and a string secret value in the same secret.",
    })
  }
  if (input.SecretString !== undefined) return { kind: 'text', text: input.SecretString }
  return input.SecretBinary === undefined ? null : { kind: 'binary', bytes: input.SecretBinary }
}

/**
 * False: no version has this token. True: one has, with the same value, so there is nothing to do. Throws
 * ResourceExistsException when it has another.
 */
export async function isRepeated(
  vault: SecretVault,
  whole: Whole,
  token: string,
  value: SecretValue,
): Promise<boolean> {
  const { secret, versions } = whole
  const version = versions.find(({ versionId }) => versionId === token)
  if (version === undefined) return false
  if (sameValue(await vault.open(secret, version), value)) return true
  throw new AwsError('ResourceExistsException', {
    message: `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
  })
}

function sameValue(a: SecretValue, b: SecretValue): boolean {
  const [left, right] = [bytesOf(a), bytesOf(b)]
  return a.kind === b.kind && left.length === right.length && timingSafeEqual(left, right)
}

function bytesOf(value: SecretValue): Uint8Array {
  return value.kind === 'text' ? Buffer.from(value.text, 'utf8') : value.bytes
}
