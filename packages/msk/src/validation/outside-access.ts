/**
 * What must be so before clients from outside of a cluster's VPC may connect, and stay so as long as they may (msk.md §5.9 and
 * §9.2): checked when the connectivity, the security or the configuration of a cluster changes.
 */
import { badRequest } from '@millrace/aws/errors'
import type { Scope } from '../arns.ts'
import { parseProperties } from '../configurations/server-properties.ts'
import type { DesiredCluster } from '../desired-cluster.ts'
import { kafkaVersion } from '../kafka-versions.ts'
import type { NetworkSource } from '../network/network-source.ts'
import { type AuthenticationMode, clusterModes, isPublic, vpcModes } from '../network/outside-listeners.ts'
import type { Store } from '../store/store.ts'

export interface OutsideAccessRequest {
  readonly store: Store
  readonly networks: NetworkSource
  readonly scope: Scope
  readonly desired: DesiredCluster
}

const PUBLIC_ACCESS = 'connectivityInfo.publicAccess.type'
const VPC_CONNECTIVITY = 'connectivityInfo.vpcConnectivity.clientAuthentication'
const ACL_PROPERTY = 'allow.everyone.if.no.acl.found'

/** @throws BadRequestException with the first thing that is missing, and how to get it */
export async function checkOutsideAccess(request: OutsideAccessRequest): Promise<void> {
  const { desired } = request
  if (isPublic(desired.BrokerNodeGroupInfo.ConnectivityInfo)) await checkPublicAccess(request)
  const modes = vpcModes(desired.BrokerNodeGroupInfo.ConnectivityInfo)
  if (modes.length > 0) await checkVpcConnectivity(request, modes)
}

async function checkPublicAccess({ store, networks, scope, desired }: OutsideAccessRequest): Promise<void> {
  const refuse = (message: string): Error =>
    badRequest({ message: `Public access cannot be on: ${message}`, invalidParameter: PUBLIC_ACCESS })
  const { ClientAuthentication, EncryptionInfo, BrokerNodeGroupInfo } = desired
  const modes = clusterModes(ClientAuthentication)
  const unauthenticated = ClientAuthentication === undefined || ClientAuthentication.Unauthenticated?.Enabled === true
  if (unauthenticated)
    throw refuse('unauthenticated access must be off. Turn it off with UpdateSecurity (unauthenticated.enabled false).')
  if (modes.length === 0) throw refuse('at least one of SASL/IAM, SASL/SCRAM and mutual TLS must be on.')
  const transit = EncryptionInfo.EncryptionInTransit
  if (transit?.InCluster !== true) throw refuse('encryption within the cluster must be on; that is chosen at creation.')
  if (transit.ClientBroker !== 'TLS')
    throw refuse('between clients and brokers TLS alone must be allowed (encryptionInTransit.clientBroker TLS).')
  for (const id of BrokerNodeGroupInfo.ClientSubnets) {
    if (networks.subnet(scope, id)?.isPublic === false)
      throw refuse(
        `the subnet ${id} is not public: its route table has no route from 0.0.0.0/0 to an internet gateway.`,
      )
  }
  if (modes.some(goesByAcls) && (await letsEveryoneIn(store, desired))) throw refuse(ACLS_FIRST)
  if (isOlder(desired.KafkaVersion, [2, 6, 0])) throw refuse('it needs Kafka 2.6.0 or later.')
  if (kafkaVersion(desired.KafkaVersion)?.mode === 'kraft' && isMonitoredOpenly(desired))
    throw refuse('a cluster in KRaft mode cannot have open monitoring (Prometheus) at the same time.')
}

const ACLS_FIRST = `with SASL/SCRAM or mutual TLS the cluster's configuration must set ${ACL_PROPERTY}=false (UpdateClusterConfiguration), and ACLs say who may do what.`

async function checkVpcConnectivity(
  { store, desired }: OutsideAccessRequest,
  modes: readonly AuthenticationMode[],
): Promise<void> {
  const refuse = (message: string): Error =>
    badRequest({
      message: `Multi-VPC private connectivity cannot be on: ${message}`,
      invalidParameter: VPC_CONNECTIVITY,
    })
  const on = clusterModes(desired.ClientAuthentication)
  for (const mode of modes) {
    if (!on.includes(mode))
      throw refuse(`the cluster itself does not have ${modeNames[mode]}; turn it on with UpdateSecurity.`)
  }
  if (desired.BrokerNodeGroupInfo.InstanceType === 'kafka.t3.small')
    throw refuse('brokers of kafka.t3.small do not have it.')
  if (modes.some(goesByAcls) && (await letsEveryoneIn(store, desired))) throw refuse(ACLS_FIRST)
  if (isOlder(desired.KafkaVersion, [2, 7, 1])) throw refuse('it needs Kafka 2.7.1 or later.')
}

const modeNames: Readonly<Record<AuthenticationMode, string>> = {
  tls: 'mutual TLS',
  scram: 'SASL/SCRAM',
  iam: 'SASL/IAM',
}

/** What IAM principals may is said by their policies. */
function goesByAcls(mode: AuthenticationMode): boolean {
  return mode !== 'iam'
}

/** As Kafka reads the configuration; true without one. */
async function letsEveryoneIn(store: Store, { ConfigurationInfo }: DesiredCluster): Promise<boolean> {
  const revision =
    ConfigurationInfo === null ? null : await store.revision(ConfigurationInfo.Arn, ConfigurationInfo.Revision)
  const properties = revision === null ? {} : parseProperties(revision.properties)
  return properties[ACL_PROPERTY]?.trim().toLowerCase() !== 'false'
}

function isMonitoredOpenly({ OpenMonitoring }: DesiredCluster): boolean {
  const { JmxExporter, NodeExporter } = OpenMonitoring.Prometheus
  return JmxExporter?.EnabledInBroker === true || NodeExporter?.EnabledInBroker === true
}

/** `3.9.x` is any of 3.9. */
function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : Infinity))
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
