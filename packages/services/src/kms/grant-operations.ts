/** Grants: made, listed and ended; what they allow is told by targets.ts. */
import type { GrantConstraints, GrantListEntry } from '@aws-sdk/client-kms'
import { AwsError } from '@millrace/aws/errors'
import type { Validated } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import { UnknownPrincipalError } from '@millrace/policy/principal-names'
import type { KmsDependencies } from './dependencies.ts'
import { newGrant, type Grant } from './grant.ts'
import { requireCustomerKey, requireEnabled } from './key.ts'

const GRANTS_LISTED_DEFAULT = 50

export function grantOperations({ ring, store, names, pages, clock }: KmsDependencies): OperationHandlers<'kms'> {
  return {
    CreateGrant: async (input, context) => {
      if (input.GranteePrincipal === undefined && input.GranteeServicePrincipal === undefined)
        throw new AwsError('ValidationException', {
          message: 'GranteePrincipal or GranteeServicePrincipal is required.',
        })
      const key = await ring.getById(input.KeyId, context)
      requireCustomerKey(key, 'CreateGrant')
      requireEnabled(key)
      if (input.DryRun === true) throw new AwsError('DryRunOperationException', { message: dryRunMessage })
      const grant = newGrant(key, {
        createdAt: clock(),
        name: input.Name,
        granteePrincipal: storedPrincipal(input.GranteePrincipal),
        granteeServicePrincipal: input.GranteeServicePrincipal,
        retiringPrincipal: storedPrincipal(input.RetiringPrincipal),
        retiringServicePrincipal: input.RetiringServicePrincipal,
        operations: input.Operations,
        constraints: input.Constraints as Readonly<Record<string, unknown>> | undefined,
      })
      const same = grant.name === null ? undefined : (await store.grants(context, key.keyId)).find(sameGrant(grant))
      if (same === undefined) {
        await store.insertGrant(grant)
        ring.grantsChanged(key.arn)
      }
      return { GrantId: (same ?? grant).grantId, GrantToken: (same ?? grant).token }
    },

    ListGrants: async (input, context) => {
      const key = await ring.getById(input.KeyId, context)
      const grants = (await store.grants(context, key.keyId)).filter(
        (grant) =>
          (input.GrantId === undefined || grant.grantId === input.GrantId) &&
          (input.GranteePrincipal === undefined || shownPrincipal(grant.granteePrincipal) === input.GranteePrincipal) &&
          (input.GranteeServicePrincipal === undefined ||
            grant.granteeServicePrincipal === input.GranteeServicePrincipal),
      )
      const filters = [input.GrantId ?? '', input.GranteePrincipal ?? '', input.GranteeServicePrincipal ?? '']
      return grantPage(grants, input, ['ListGrants', key.arn, ...filters])
    },

    ListRetirableGrants: async (input, context) => {
      const { RetiringPrincipal, RetiringServicePrincipal } = input
      const grants = (await store.grants(context)).filter(
        ({ retiringPrincipal, retiringServicePrincipal }) =>
          (RetiringPrincipal !== undefined && shownPrincipal(retiringPrincipal) === RetiringPrincipal) ||
          (RetiringServicePrincipal !== undefined && retiringServicePrincipal === RetiringServicePrincipal),
      )
      const { accountId, region } = context
      const filters = [RetiringPrincipal ?? '', RetiringServicePrincipal ?? '']
      return grantPage(grants, input, ['ListRetirableGrants', accountId, region, ...filters])
    },

    RevokeGrant: async ({ KeyId, GrantId, DryRun }, context) => {
      const key = await ring.getById(KeyId, context)
      const grant = (await store.grants(context, key.keyId)).find(({ grantId }) => grantId === GrantId)
      if (grant === undefined) throw noSuchGrant(GrantId)
      if (DryRun === true) throw new AwsError('DryRunOperationException', { message: dryRunMessage })
      await end(grant)
      return {}
    },

    RetireGrant: async ({ GrantToken, KeyId, GrantId, DryRun }, context) => {
      if (GrantToken === undefined && (KeyId === undefined || GrantId === undefined))
        throw new AwsError('ValidationException', { message: 'Either GrantToken, or KeyId and GrantId, are required.' })
      const keyId = KeyId === undefined ? undefined : (await ring.getById(KeyId, context)).keyId
      const grant = (await store.grants(context, keyId)).find(({ grantId, token }) =>
        GrantToken === undefined ? grantId === GrantId : token === GrantToken,
      )
      if (grant === undefined) {
        if (GrantToken === undefined) throw noSuchGrant(GrantId ?? '')
        throw new AwsError('InvalidGrantTokenException', { message: 'The grant token belongs to no grant.' })
      }
      if (DryRun === true) throw new AwsError('DryRunOperationException', { message: dryRunMessage })
      await end(grant)
      return {}
    },
  }

  /** Users and roles are meant by their ids, as in policies; services by what they are called. */
  function storedPrincipal(name: string | undefined): string | undefined {
    if (name?.startsWith('arn:') !== true) return name
    try {
      return names.stored(name)
    } catch (error) {
      if (!(error instanceof UnknownPrincipalError)) throw error
      throw new AwsError('InvalidArnException', {
        message: `ARN does not refer to a valid principal: ${name}`,
        cause: error,
      })
    }
  }

  function shownPrincipal(name: string | null): string | null {
    return name === null ? null : names.shown(name)
  }

  function shown(grant: Grant): Grant {
    const { granteePrincipal, retiringPrincipal } = grant
    return {
      ...grant,
      granteePrincipal: shownPrincipal(granteePrincipal),
      retiringPrincipal: shownPrincipal(retiringPrincipal),
    }
  }

  async function end({ grantId, keyArn }: Grant): Promise<void> {
    await store.deleteGrant(grantId)
    ring.grantsChanged(keyArn)
  }

  function grantPage(
    items: readonly Grant[],
    { Limit, Marker }: { readonly Limit?: number | undefined; readonly Marker?: string | undefined },
    scope: readonly string[],
  ): { Grants: Validated<GrantListEntry>[]; NextMarker: string | undefined; Truncated: boolean } {
    const page = pages.cut({
      items,
      sortKey: ({ grantId }) => grantId,
      limit: Limit ?? GRANTS_LISTED_DEFAULT,
      token: Marker,
      scope,
    })
    return {
      Grants: page.items.map((grant) => grantEntry(shown(grant))),
      NextMarker: page.next,
      Truncated: page.next !== undefined,
    }
  }
}

const dryRunMessage = 'The request would have succeeded, but the DryRun option is set.'

/** A grant asked for again under the same name is the same grant. */
function sameGrant(wanted: Grant): (grant: Grant) => boolean {
  const told = (grant: Grant): string =>
    JSON.stringify([
      grant.name,
      grant.granteePrincipal,
      grant.granteeServicePrincipal,
      grant.retiringPrincipal,
      grant.retiringServicePrincipal,
      grant.operations,
      grant.constraints,
    ])
  return (grant) => told(grant) === told(wanted)
}

function grantEntry(grant: Grant): Validated<GrantListEntry> {
  return {
    KeyId: grant.keyArn,
    GrantId: grant.grantId,
    Name: grant.name ?? '',
    CreationDate: new Date(grant.createdAt),
    IssuingAccount: `arn:aws:iam::${grant.accountId}:root`,
    Operations: [...grant.operations] as NonNullable<Validated<GrantListEntry>['Operations']>,
    ...(grant.granteePrincipal === null ? {} : { GranteePrincipal: grant.granteePrincipal }),
    ...(grant.granteeServicePrincipal === null ? {} : { GranteeServicePrincipal: grant.granteeServicePrincipal }),
    ...(grant.retiringPrincipal === null ? {} : { RetiringPrincipal: grant.retiringPrincipal }),
    ...(grant.retiringServicePrincipal === null ? {} : { RetiringServicePrincipal: grant.retiringServicePrincipal }),
    ...(grant.constraints === null ? {} : { Constraints: grant.constraints as Validated<GrantConstraints> }),
  }
}

function noSuchGrant(grantId: string): AwsError {
  return new AwsError('NotFoundException', { message: `Grant ID ${grantId} not found` })
}
