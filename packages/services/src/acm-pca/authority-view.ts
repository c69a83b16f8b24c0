/** An authority as DescribeCertificateAuthority and the list show it. */
import type { CertificateAuthority } from '@millrace/aws/frozen/acm-pca'
import { statusOf, type Authority } from './authority.ts'

export function authorityView(authority: Authority, now: Date): CertificateAuthority {
  const { certificate, deletion } = authority
  return {
    Arn: authority.arn,
    OwnerAccount: authority.accountId,
    CreatedAt: new Date(authority.createdAt),
    LastStateChangeAt: new Date(authority.lastStateChangeAt),
    Type: authority.type,
    Status: statusOf(authority, now),
    CertificateAuthorityConfiguration: authority.configuration,
    RevocationConfiguration: { CrlConfiguration: { Enabled: false }, OcspConfiguration: { Enabled: false } },
    KeyStorageSecurityStandard: authority.keyStorageSecurityStandard as NonNullable<
      CertificateAuthority['KeyStorageSecurityStandard']
    >,
    UsageMode: authority.usageMode,
    ...(certificate === null
      ? {}
      : {
          Serial: certificate.serial.replaceAll(/(..)(?=.)/g, '$1:'),
          NotBefore: new Date(certificate.notBefore),
          NotAfter: new Date(certificate.notAfter),
        }),
    ...(deletion === null ? {} : { RestorableUntil: new Date(deletion.at) }),
  }
}
