/**
 * Grants by which services of AWS use customer keys for what their callers made: a cluster's storage. The owner of the key sees
 * them (ListGrants) and may take them back (RevokeGrant). Keys that AWS holds for a service need none: their policy lets it in.
 */
import { parseArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import type { Scope } from '../scope.ts'
import { grantAllows, newGrant } from './grant.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyStore } from './key-store.ts'
import type { EncryptionContext } from './keys.ts'

export interface ServiceGrantRequest {
  readonly keyArn: string
  /** `kafka.us-east-1.amazonaws.com`: who may use the key, and give the grant back. */
  readonly service: string
  readonly operations: readonly string[]
  /** What encryption contexts must hold. */
  readonly encryptionContext: EncryptionContext
}

export interface ServiceUse {
  readonly keyArn: string
  readonly service: string
  readonly operation: string
  readonly encryptionContext: EncryptionContext
}

export interface ServiceGrants {
  /** The grant's id; null: the key needs none. Throws NotFoundException. */
  create(request: ServiceGrantRequest): Promise<string | null>
  /** Whether any grant on the key lets the service do that now; who made it does not matter. */
  allows(use: ServiceUse): Promise<boolean>
  /** Nothing where it is gone already. */
  retire(keyArn: string, grantId: string): Promise<void>
}

export interface ServiceGrantsOptions {
  readonly ring: KeyRing
  readonly store: KeyStore
  readonly clock: () => Date
}

export function serviceGrants({ ring, store, clock }: ServiceGrantsOptions): ServiceGrants {
  return {
    async create({ keyArn, service, operations, encryptionContext }) {
      const key = await ring.get(keyArn, scopeOf(keyArn))
      if (key.manager === 'AWS') return null
      const grant = newGrant(key, {
        createdAt: clock(),
        granteePrincipal: service,
        retiringPrincipal: service,
        operations,
        constraints: { EncryptionContextSubset: encryptionContext },
      })
      await store.insertGrant(grant)
      ring.grantsChanged(key.arn)
      return grant.grantId
    },

    async allows({ keyArn, service, operation, encryptionContext }) {
      const grants = await store.grants(scopeOf(keyArn), keyIdOf(keyArn))
      return grants.some(
        (grant) => grant.granteePrincipal === service && grantAllows(grant, operation, encryptionContext),
      )
    },

    async retire(keyArn, grantId) {
      const grants = await store.grants(scopeOf(keyArn), keyIdOf(keyArn))
      if (!grants.some((grant) => grant.grantId === grantId)) return
      await store.deleteGrant(grantId)
      ring.grantsChanged(keyArn)
    },
  }
}

function scopeOf(keyArn: string): Scope {
  const arn = parseArn(keyArn)
  if (arn === null) throw new AwsError('NotFoundException', { message: `Invalid arn ${keyArn}` })
  return { accountId: arn.accountId, region: arn.region }
}

function keyIdOf(keyArn: string): string {
  return keyArn.slice(keyArn.lastIndexOf('/') + 1)
}
