/**
 * How clients may connect. What is not served yet (client authentication) is refused with what to write instead, never
 * silently served less safely than was asked for.
 */
import type { ClientAuthentication } from '../sdk-types.ts'
import { badRequest } from '@millrace/aws/errors'

const REMEDY = 'Write clientAuthentication.unauthenticated.enabled true, or leave clientAuthentication out.'

/** @param prefix where the members are: '' in CreateCluster, 'provisioned.' in CreateClusterV2 */
export function checkClientAccess(authentication: ClientAuthentication | undefined, prefix: string): void {
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
