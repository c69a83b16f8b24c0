/** A grant as it is stored: whom a key's owner let use it, without the key policy. */
import { randomBytes } from 'node:crypto'
import type { Key } from './key.ts'
import type { EncryptionContext } from './keys.ts'

export interface Grant {
  /** 64 hex digits. */
  readonly grantId: string
  readonly keyId: string
  readonly keyArn: string
  readonly accountId: string
  readonly region: string
  readonly createdAt: string
  readonly token: string
  readonly name: string | null
  readonly granteePrincipal: string | null
  readonly granteeServicePrincipal: string | null
  readonly retiringPrincipal: string | null
  readonly retiringServicePrincipal: string | null
  readonly operations: readonly string[]
  /** As it came. */
  readonly constraints: Readonly<Record<string, unknown>> | null
}

export interface NewGrant {
  readonly createdAt: Date
  readonly operations: readonly string[]
  readonly name?: string | undefined
  readonly granteePrincipal?: string | undefined
  readonly granteeServicePrincipal?: string | undefined
  readonly retiringPrincipal?: string | undefined
  readonly retiringServicePrincipal?: string | undefined
  readonly constraints?: Readonly<Record<string, unknown>> | undefined
}

export function newGrant(key: Key, wanted: NewGrant): Grant {
  return {
    grantId: randomBytes(32).toString('hex'),
    keyId: key.keyId,
    keyArn: key.arn,
    accountId: key.accountId,
    region: key.region,
    createdAt: wanted.createdAt.toISOString(),
    token: randomBytes(48).toString('base64'),
    name: wanted.name ?? null,
    granteePrincipal: wanted.granteePrincipal ?? null,
    granteeServicePrincipal: wanted.granteeServicePrincipal ?? null,
    retiringPrincipal: wanted.retiringPrincipal ?? null,
    retiringServicePrincipal: wanted.retiringServicePrincipal ?? null,
    operations: wanted.operations,
    constraints: wanted.constraints ?? null,
  }
}

/** Whether it is good for the operation with this encryption context. */
export function grantAllows(grant: Grant, operation: string, context: EncryptionContext): boolean {
  if (!grant.operations.includes(operation)) return false
  const equals = constraintPairs(grant.constraints?.['EncryptionContextEquals'])
  const subset = constraintPairs(grant.constraints?.['EncryptionContextSubset'])
  if (equals.length > 0 && equals.length !== Object.keys(context).length) return false
  return [...equals, ...subset].every(([key, value]) => context[key] === value)
}

/** Pairs of an encryption context that a constraint names; none for what is no constraint. */
export function constraintPairs(value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([key, item]) => [key, String(item)])
}
