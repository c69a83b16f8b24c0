/** What the operations that make sessions have in common: session policies, tags, their size, the credentials answered. */
import { AwsError } from '@millrace/aws/errors'
import type { Account, Tags } from '../iam/entities.ts'
import type { Identity } from '../iam/identity.ts'
import type { Session, SessionPolicies } from './session.ts'

/** Of the session policy, and of all that is packed into a token. */
const POLICY_CHARACTERS_MAX = 2048
const TAGS_MAX = 50

export interface SessionRequest {
  readonly Policy?: string | undefined
  readonly PolicyArns?: readonly { readonly arn?: string | undefined }[] | undefined
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[] | undefined
}

/** Throws MalformedPolicyDocumentException, PackedPolicyTooLargeException, ValidationException. */
export function requestedPolicies(
  identity: Identity,
  account: Account,
  request: SessionRequest,
): SessionPolicies | null {
  const { Policy: inline = null, PolicyArns = [] } = request
  const managed = PolicyArns.flatMap(({ arn }) => arn ?? [])
  if (inline === null && managed.length === 0) return null
  if (inline !== null) identity.documents.parse(inline, 'identity')
  for (const arn of managed)
    if (identity.policies.managed(account, arn) === null) invalid(`The policy ${arn} does not exist.`)
  if (packedPercent(request) > 100) {
    throw new AwsError('PackedPolicyTooLargeException', {
      message: `Packed size of session tags and session policies consumes ${packedPercent(request)}% of allotted space.`,
    })
  }
  return { inline, managed }
}

/** Throws ValidationException for a key given twice or too many of them. */
export function requestedTags({ Tags: tags = [] }: SessionRequest): Tags {
  if (new Set(tags.map(({ Key }) => Key.toLowerCase())).size < tags.length) invalid('Duplicate tag keys found.')
  if (tags.length > TAGS_MAX) invalid(`At most ${TAGS_MAX} session tags can be passed.`)
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
}

/** Left out where nothing was packed. */
export function packedMember(request: SessionRequest): { PackedPolicySize?: number } {
  const percent = packedPercent(request)
  return percent === 0 ? {} : { PackedPolicySize: percent }
}

export function answered(session: Session): {
  AccessKeyId: string
  SecretAccessKey: string
  SessionToken: string
  Expiration: Date
} {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secret,
    SessionToken: session.token,
    Expiration: new Date(session.expiresAt),
  }
}

export function invalid(message: string): never {
  throw new AwsError('ValidationException', { message })
}

function packedPercent({ Policy = '', PolicyArns = [], Tags = [] }: SessionRequest): number {
  const characters =
    Policy.length +
    PolicyArns.reduce((sum, { arn = '' }) => sum + arn.length, 0) +
    Tags.reduce((sum, { Key, Value }) => sum + Key.length + Value.length, 0)
  return Math.ceil((characters * 100) / POLICY_CHARACTERS_MAX)
}
