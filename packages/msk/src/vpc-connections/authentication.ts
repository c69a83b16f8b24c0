/** How the API of VPC connections names authentications. */
import type { AuthenticationMode } from '../network/outside-listeners.ts'

export type VpcAuthentication = 'SASL_IAM' | 'SASL_SCRAM' | 'TLS'

const modes: Readonly<Record<VpcAuthentication, AuthenticationMode>> = {
  SASL_IAM: 'iam',
  SASL_SCRAM: 'scram',
  TLS: 'tls',
}

export const vpcAuthentications: readonly VpcAuthentication[] = ['SASL_IAM', 'SASL_SCRAM', 'TLS']

export function modeOf(authentication: VpcAuthentication): AuthenticationMode {
  return modes[authentication]
}
