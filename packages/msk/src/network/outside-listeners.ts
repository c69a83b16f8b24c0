/** Listeners for clients from outside of the cluster's VPC: from the internet (public access) and from other VPCs (VPC connections). */
import type { ClientListener } from '@millrace/engine/engine'
import type { BrokerNodeGroupInfo, ClientAuthentication, ConnectivityInfo } from '../sdk-types.ts'

/** How clients prove who they are. */
export type AuthenticationMode = 'tls' | 'scram' | 'iam'

export const authenticationModes: readonly AuthenticationMode[] = ['tls', 'scram', 'iam']

type Switch = { readonly Enabled?: boolean | undefined } | undefined

interface Modes {
  readonly Tls?: Switch
  readonly Sasl?: { readonly Scram?: Switch; readonly Iam?: Switch } | undefined
}

function isOn(modes: Modes | undefined, mode: AuthenticationMode): boolean {
  const switches = { tls: modes?.Tls, scram: modes?.Sasl?.Scram, iam: modes?.Sasl?.Iam }
  return switches[mode]?.Enabled === true
}

/** What is on for clients of the cluster's own VPC. */
export function clusterModes(authentication: ClientAuthentication | undefined): AuthenticationMode[] {
  return authenticationModes.filter((mode) => isOn(authentication, mode))
}

/** What is on for clients of other VPCs. */
export function vpcModes(connectivity: ConnectivityInfo | undefined): AuthenticationMode[] {
  return authenticationModes.filter((mode) => isOn(connectivity?.VpcConnectivity?.ClientAuthentication, mode))
}

export function isPublic(connectivity: ConnectivityInfo | undefined): boolean {
  return connectivity?.PublicAccess?.Type === 'SERVICE_PROVIDED_EIPS'
}

export function outsideListeners(cluster: {
  readonly BrokerNodeGroupInfo: Pick<BrokerNodeGroupInfo, 'ConnectivityInfo'>
  readonly ClientAuthentication?: ClientAuthentication
}): ClientListener[] {
  const connectivity = cluster.BrokerNodeGroupInfo.ConnectivityInfo
  return [
    ...(isPublic(connectivity)
      ? clusterModes(cluster.ClientAuthentication).map((mode) => `public-${mode}` as const)
      : []),
    ...vpcModes(connectivity).map((mode) => `vpc-${mode}` as const),
  ]
}
