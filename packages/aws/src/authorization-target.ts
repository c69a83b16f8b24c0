/**
 * What a call asks leave for: an action on a resource, with what the resource itself says. A service tells it of its own
 * operations; without, an operation is about the ARN in its path.
 */
import type { ResourcePolicies } from '@millrace/policy/principal-policies'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Principal } from '@millrace/policy/principal'

export interface AuthorizationTarget {
  /** `kafka:TagResource`; left out: the operation's own. */
  readonly action?: string
  /** ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** Condition keys in lower case: aws:resourcetag/…, kms:viaservice. */
  readonly values?: KeyValues
  /** Left out: the resource has no policy and belongs to the caller's account. */
  readonly policies?: ResourcePolicies
}

/** What an operation needs besides of another resource, and finds out only while it runs. */
export interface ActionTarget extends AuthorizationTarget {
  readonly action: string
}

/** All of them must be allowed. */
export interface AuthorizationTargets {
  readonly targets: readonly AuthorizationTarget[]
  /** The account in which the operation then works, when a resource of another account lets the caller in; left out: the caller's. */
  readonly accountId?: string
}

/** A call whose signature is good and whose input is decoded, not validated: members may be missing or beyond their bounds. */
export interface AuthorizationCall {
  /** `DescribeCluster`. */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  readonly principal: Principal
  readonly accountId: string
  readonly region: string
}

/** Must not throw for any input: what does not exist is told as `*` or as the ARN that was asked for. */
export type TargetResolver = (call: AuthorizationCall) => AuthorizationTargets | Promise<AuthorizationTargets>

/** A member of the input if it is text, else ''. */
export function textOf(input: Readonly<Record<string, unknown>>, member: string): string {
  const value = input[member]
  return typeof value === 'string' ? value : ''
}

/** aws:ResourceTag/… of a resource. */
export function resourceTags(tags: Readonly<Record<string, string>>): KeyValues {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:resourcetag/${key.toLowerCase()}`, [value]]),
  )
}

/**
 * aws:RequestTag/… and aws:TagKeys of a call that gives or takes tags, in each form that services write them: a map, or a list
 * of pairs under Key and Value or TagKey and TagValue.
 */
export function requestTags(input: Readonly<Record<string, unknown>>): KeyValues {
  const given = pairsOf(input['Tags'])
  const named = input['TagKeys']
  const keys = Array.isArray(named) ? named.filter((key) => typeof key === 'string') : given.map(([key]) => key)
  if (keys.length === 0) return {}
  return {
    'aws:tagkeys': keys,
    ...Object.fromEntries(given.map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]])),
  }
}

function pairsOf(tags: unknown): readonly (readonly [string, string])[] {
  if (typeof tags !== 'object' || tags === null) return []
  if (!Array.isArray(tags)) return Object.entries(tags).map(([key, value]) => [key, String(value)])
  return tags.flatMap((tag: Readonly<Record<string, unknown>> | null) => {
    const key = tag?.['Key'] ?? tag?.['TagKey']
    const value = tag?.['Value'] ?? tag?.['TagValue'] ?? ''
    return typeof key === 'string' && typeof value === 'string' ? [[key, value] as const] : []
  })
}
