/**
 * Where clusters learn of the network they are put into. Owned here, implemented by whoever makes networks. What is null was
 * not made there: somebody invented the id, and nothing can be checked by it.
 */
import type { Scope } from '../arns.ts'

export interface NetworkSource {
  subnet(scope: Scope, id: string): SubnetFacts | null
  vpc(scope: Scope, id: string): VpcFacts | null
  securityGroup(scope: Scope, id: string): SecurityGroupFacts | null
  /** Of a cluster's brokers, by broker. */
  interfaces(clusterArn: string): readonly InterfaceFacts[]
  /** Of all clusters that have interfaces. */
  clusterArns(): readonly string[]
  /** Makes what is missing, removes what is too much; interfaces that are there keep their address and their groups. */
  setInterfaces(request: InterfaceRequest): Promise<void>
  removeInterfaces(clusterArn: string): Promise<void>
  /** Calls `listener` after any change. Returns how to stop that. */
  onChange(listener: () => void): () => void
}

export interface SubnetFacts {
  readonly vpcId: string
  readonly zoneId: string
  /** Has a route to an internet gateway. */
  readonly isPublic: boolean
}

export interface VpcFacts {
  readonly cidr: string
  readonly dnsSupport: boolean
}

export interface SecurityGroupFacts {
  readonly vpcId: string
  /** What may come in, by TCP; ports both included. */
  readonly ingress: readonly IngressFacts[]
}

export interface IngressFacts {
  readonly fromPort: number
  readonly toPort: number
  readonly peer: { readonly kind: 'network' | 'group'; readonly value: string }
}

export interface InterfaceFacts {
  readonly id: string
  readonly brokerId: number
  readonly privateAddress: string
  readonly groupIds: readonly string[]
}

export interface InterfaceRequest extends Scope {
  readonly clusterArn: string
  /** Of brokers that have no interface yet. */
  readonly groupIds: readonly string[]
  readonly brokers: readonly { readonly brokerId: number; readonly id: string; readonly subnetId: string }[]
}

/** Every id is an invented one. */
export const noNetworks: NetworkSource = {
  subnet: () => null,
  vpc: () => null,
  securityGroup: () => null,
  interfaces: () => [],
  clusterArns: () => [],
  setInterfaces: async () => {},
  removeInterfaces: async () => {},
  onChange: () => () => {},
}
