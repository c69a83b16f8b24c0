/**
 * How clients may connect. Until listeners with TLS and authentication are served, a cluster must ask for a plaintext
 * listener and for unauthenticated clients; everything else is refused with what to write instead, never silently
 * served less safely than was asked for.
 */
import type { ClientAuthentication, EncryptionInfo } from '../sdk-types.ts'
import { badRequest } from '@millrace/aws/errors'

const REMEDY =
  'Write encryptionInfo.encryptionInTransit.clientBroker "TLS_PLAINTEXT" (or "PLAINTEXT") and clientAuthentication.unauthenticated.enabled true (or no clientAuthentication).'

/** @param prefix where the members are: '' in CreateCluster, 'provisioned.' in CreateClusterV2 */
export function checkClientAccess(
  encryption: EncryptionInfo | undefined,
  authentication: ClientAuthentication | undefined,
  prefix: string,
): void {
  const clientBroker = encryption?.EncryptionInTransit?.ClientBroker
  const clientBrokerMember = `${prefix}encryptionInfo.encryptionInTransit.clientBroker`
  if (clientBroker === undefined) {
    throw badRequest({
      message: `Without ${clientBrokerMember} a cluster would be created for TLS only, which this version of Millrace does not serve. ${REMEDY}`,
      invalidParameter: clientBrokerMember,
    })
  }
  if (clientBroker === 'TLS') {
    throw badRequest({
      message: `TLS-only clusters are not served by this version of Millrace. ${REMEDY}`,
      invalidParameter: clientBrokerMember,
    })
  }
  if (authentication === undefined) return
  const modes: readonly (readonly [string, boolean | undefined])[] = [
    ['sasl.scram.enabled', authentication.Sasl?.Scram?.Enabled],
    ['sasl.iam.enabled', authentication.Sasl?.Iam?.Enabled],
    ['tls.enabled', authentication.Tls?.Enabled],
  ]
  for (const [mode, enabled] of modes) {
    if (enabled !== true) continue
    throw badRequest({
      message: `clientAuthentication.${mode} is not served by this version of Millrace. ${REMEDY}`,
      invalidParameter: `${prefix}clientAuthentication.${mode}`,
    })
  }
  if (authentication.Unauthenticated?.Enabled === true) return
  throw badRequest({
    message: `A cluster that no client may connect to is of no use: no mode of clientAuthentication is enabled. ${REMEDY}`,
    invalidParameter: `${prefix}clientAuthentication`,
  })
}
