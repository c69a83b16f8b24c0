/**
 * How clients may connect (msk.md §5.1): what cannot go together is refused with what to write instead, never silently served
 * less safely than was asked for.
 */
import type { ClientAuthentication, EncryptionInfo } from '../sdk-types.ts'
import { badRequest } from '@millrace/aws/errors'
import { servesMutualTls } from '../mutual-tls/client-authorities.ts'

/** @param prefix where the members are: '' in CreateCluster and UpdateSecurity, 'provisioned.' in CreateClusterV2 */
export function checkClientAccess(
  encryption: EncryptionInfo | undefined,
  authentication: ClientAuthentication | undefined,
  prefix: string,
): void {
  if (authentication === undefined) return
  const member = `${prefix}clientAuthentication`
  const sasl = [
    ...(authentication.Sasl?.Scram?.Enabled === true ? ['SASL/SCRAM'] : []),
    ...(authentication.Sasl?.Iam?.Enabled === true ? ['SASL/IAM'] : []),
  ]
  const { ClientBroker = 'TLS', InCluster = true } = encryption?.EncryptionInTransit ?? {}
  if (sasl.length > 0 && (ClientBroker !== 'TLS' || !InCluster)) {
    throw badRequest({
      message: `${sasl.join(' and ')} needs encryption in transit: write encryptionInTransit.clientBroker TLS and inCluster true.`,
      invalidParameter: `${prefix}encryptionInfo.encryptionInTransit`,
    })
  }
  const mutualTls = servesMutualTls(authentication)
  if (mutualTls && (authentication.Tls?.CertificateAuthorityArnList ?? []).length === 0) {
    throw badRequest({
      message:
        'Mutual TLS needs the authorities of its clients: write the ARNs of private certificate authorities (acm-pca).',
      invalidParameter: `${member}.tls.certificateAuthorityArnList`,
    })
  }
  if (mutualTls && (ClientBroker === 'PLAINTEXT' || !InCluster)) {
    throw badRequest({
      message:
        'Mutual TLS needs encryption in transit: write encryptionInTransit.clientBroker TLS or TLS_PLAINTEXT, and inCluster true.',
      invalidParameter: `${prefix}encryptionInfo.encryptionInTransit`,
    })
  }
  if (sasl.length > 0 || mutualTls || authentication.Unauthenticated?.Enabled === true) return
  throw badRequest({
    message:
      'A cluster that no client may connect to is of no use: no mode of clientAuthentication is enabled. Write unauthenticated.enabled true, or leave clientAuthentication out.',
    invalidParameter: member,
  })
}
