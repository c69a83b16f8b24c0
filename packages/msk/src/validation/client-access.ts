/**
 * How clients may connect (msk.md §5.1). What is not served yet is refused with what to write instead, never silently served
 * less safely than was asked for.
 */
import type { ClientAuthentication, EncryptionInfo } from '../sdk-types.ts'
import { badRequest } from '@millrace/aws/errors'

/** @param prefix where the members are: '' in CreateCluster and UpdateSecurity, 'provisioned.' in CreateClusterV2 */
export function checkClientAccess(
  encryption: EncryptionInfo | undefined,
  authentication: ClientAuthentication | undefined,
  prefix: string,
): void {
  if (authentication === undefined) return
  const member = `${prefix}clientAuthentication`
  const notServed: readonly (readonly [string, boolean | undefined])[] = [['tls.enabled', authentication.Tls?.Enabled]]
  for (const [mode, enabled] of notServed) {
    if (enabled !== true) continue
    throw badRequest({
      message: `clientAuthentication.${mode} is not served by this version of Millrace. Write clientAuthentication.sasl.iam.enabled true, sasl.scram.enabled true or unauthenticated.enabled true, or leave clientAuthentication out.`,
      invalidParameter: `${member}.${mode}`,
    })
  }
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
  if (sasl.length > 0 || authentication.Unauthenticated?.Enabled === true) return
  throw badRequest({
    message:
      'A cluster that no client may connect to is of no use: no mode of clientAuthentication is enabled. Write unauthenticated.enabled true, or leave clientAuthentication out.',
    invalidParameter: member,
  })
}
