/** Authorities themselves: made, described, listed, enabled, disabled, deleted, restored. */
import type { Input } from '@millrace/aws/operation-types'
import type { OperationHandlers } from '@millrace/aws/service'
import { canSign, isKeyAlgorithm, isSigningAlgorithm } from '@millrace/pki/signing-keys'
import { deleted, restored, withStatus } from './authority.ts'
import type { NewAuthority } from './authority-vault.ts'
import { authorityView } from './authority-view.ts'
import type { AcmPcaDependencies } from './dependencies.ts'
import { invalidArgs, nameParts } from './subject.ts'
import { tagsOf } from './tag-operations.ts'

const LISTED_DEFAULT = 100

export function authorityOperations({ vault, pages, clock }: AcmPcaDependencies): OperationHandlers<'acm-pca'> {
  return {
    CreateCertificateAuthority: async (input, context) => ({
      CertificateAuthorityArn: (await vault.create(context, newAuthority(input))).arn,
    }),

    DescribeCertificateAuthority: async ({ CertificateAuthorityArn }, context) => ({
      CertificateAuthority: authorityView(await vault.get(CertificateAuthorityArn, context), clock()),
    }),

    ListCertificateAuthorities: async ({ MaxResults, NextToken, ResourceOwner = 'SELF' }, context) => {
      // None is shared between accounts.
      const items = ResourceOwner === 'SELF' ? await vault.list(context) : []
      const page = pages.cut({
        items,
        sortKey: ({ arn }) => arn,
        limit: MaxResults ?? LISTED_DEFAULT,
        token: NextToken,
        scope: ['ListCertificateAuthorities', context.accountId, context.region, ResourceOwner],
      })
      return {
        CertificateAuthorities: page.items.map((authority) => authorityView(authority, clock())),
        NextToken: page.next,
      }
    },

    UpdateCertificateAuthority: async (input, context) => {
      const { CertificateAuthorityArn, Status, RevocationConfiguration } = input
      checkRevocation(RevocationConfiguration)
      if (Status !== undefined && Status !== 'ACTIVE' && Status !== 'DISABLED')
        throw invalidArgs('Status can be set to ACTIVE or DISABLED.')
      await vault.change(CertificateAuthorityArn, context, (authority, now) =>
        withStatus(authority, Status ?? (authority.status === 'DISABLED' ? 'DISABLED' : 'ACTIVE'), now),
      )
      return {}
    },

    DeleteCertificateAuthority: async ({ CertificateAuthorityArn, PermanentDeletionTimeInDays }, context) => {
      await vault.change(CertificateAuthorityArn, context, (authority, now) =>
        deleted(authority, PermanentDeletionTimeInDays, now),
      )
      return {}
    },

    RestoreCertificateAuthority: async ({ CertificateAuthorityArn }, context) => {
      await vault.change(CertificateAuthorityArn, context, restored)
      return {}
    },
  }
}

function newAuthority(input: Input<'acm-pca', 'CreateCertificateAuthority'>): NewAuthority {
  const configuration = input.CertificateAuthorityConfiguration
  const { KeyAlgorithm: keyAlgorithm, SigningAlgorithm: signingAlgorithm } = configuration
  checkRevocation(input.RevocationConfiguration)
  if (!isKeyAlgorithm(keyAlgorithm) || !isSigningAlgorithm(signingAlgorithm))
    throw invalidArgs(`${keyAlgorithm} with ${signingAlgorithm} is not served: use RSA or EC keys.`)
  if (!canSign(keyAlgorithm, signingAlgorithm))
    throw invalidArgs(`A key of ${keyAlgorithm} cannot sign by ${signingAlgorithm}.`)
  if (configuration.CsrExtensions !== undefined) throw invalidArgs('CsrExtensions are not served: leave them out.')
  nameParts(configuration.Subject)
  return {
    type: input.CertificateAuthorityType,
    keyAlgorithm,
    signingAlgorithm,
    configuration,
    usageMode: input.UsageMode ?? 'GENERAL_PURPOSE',
    keyStorageSecurityStandard: input.KeyStorageSecurityStandard ?? 'FIPS_140_2_LEVEL_3_OR_HIGHER',
    idempotencyToken: input.IdempotencyToken ?? null,
    tags: tagsOf({}, input.Tags ?? []),
  }
}

/** Lists of revoked certificates would go to S3, and OCSP needs a responder: neither is here. */
function checkRevocation(
  configuration: Input<'acm-pca', 'CreateCertificateAuthority'>['RevocationConfiguration'],
): void {
  if (configuration?.CrlConfiguration?.Enabled === true || configuration?.OcspConfiguration?.Enabled === true) {
    throw invalidArgs(
      'CRLs and OCSP are not served: disable them. Clusters refuse revoked certificates when Millrace is started with --mtls-revocation.',
    )
  }
}
