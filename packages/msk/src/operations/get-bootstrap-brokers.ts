import { badRequest, serviceUnavailable } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import type { ClientListener, NodeObservation, PublicListener, VpcListener } from '@millrace/engine/engine'
import { type Dependencies, requireCluster } from './dependencies.ts'

const BROKERS_MAX = 3

/** Strings of listeners that the cluster does not have are left out, as on MSK. */
export function getBootstrapBrokers({ store, engine }: Dependencies): OperationHandler<'kafka', 'GetBootstrapBrokers'> {
  return async ({ ClusterArn }, context) => {
    const cluster = await requireCluster(store, ClusterArn, context)
    if (cluster.state === 'CREATING' || cluster.state === 'FAILED' || cluster.state === 'DELETING') {
      throw badRequest({
        message: `You can't get bootstrap broker nodes for a cluster in ${cluster.state} state.`,
        invalidParameter: 'clusterArn',
      })
    }
    const { nodes } = await engine.observe(cluster.id)
    const chosen = spreadOverZones(nodes.filter(({ role }) => role === 'broker'))
    if (chosen.length === 0) {
      throw serviceUnavailable({ message: 'The addresses of the brokers are not known yet. Try again in a moment.' })
    }
    const host = context.apiHost.includes(':') ? `[${context.apiHost}]` : context.apiHost
    const addresses = (listener: ClientListener): string | null => {
      const ports = chosen.flatMap(({ clientPorts }) => clientPorts[listener] ?? [])
      return ports.length === 0 ? null : ports.map((port) => `${host}:${port}`).join(',')
    }
    const plaintext = addresses('plaintext')
    const [tls, scram, iam] = [addresses('tls'), addresses('scram'), addresses('iam')]
    const outside = outsideStrings(addresses)
    // The name that is told here is the one that clients will check the certificate against.
    if (tls !== null || scram !== null || iam !== null || Object.keys(outside).length > 0)
      await engine.reachedBy(cluster.id, context.apiHost)
    return {
      ...(plaintext === null ? {} : { BootstrapBrokerString: plaintext }),
      ...(tls === null ? {} : { BootstrapBrokerStringTls: tls }),
      ...(scram === null ? {} : { BootstrapBrokerStringSaslScram: scram }),
      ...(iam === null ? {} : { BootstrapBrokerStringSaslIam: iam }),
      ...outside,
    }
  }
}

/** For clients from the internet and from other VPCs. */
function outsideStrings(
  addresses: (listener: ClientListener) => string | null,
): Partial<Record<OutsideMember, string>> {
  const entries = Object.entries(outsideMembers).flatMap(([listener, member]) => {
    const text = addresses(listener as keyof typeof outsideMembers)
    return text === null ? [] : [[member, text] as const]
  })
  return Object.fromEntries(entries)
}

const outsideMembers = {
  'public-tls': 'BootstrapBrokerStringPublicTls',
  'public-scram': 'BootstrapBrokerStringPublicSaslScram',
  'public-iam': 'BootstrapBrokerStringPublicSaslIam',
  'vpc-tls': 'BootstrapBrokerStringVpcConnectivityTls',
  'vpc-scram': 'BootstrapBrokerStringVpcConnectivitySaslScram',
  'vpc-iam': 'BootstrapBrokerStringVpcConnectivitySaslIam',
} as const satisfies Readonly<Record<PublicListener | VpcListener, string>>

type OutsideMember = (typeof outsideMembers)[keyof typeof outsideMembers]

/** At most three brokers, each zone's first one before any zone's second. */
export function spreadOverZones(brokers: readonly NodeObservation[]): NodeObservation[] {
  const ranked = brokers.map((broker, index) => ({
    broker,
    rank: brokers.slice(0, index).filter(({ zoneId }) => zoneId === broker.zoneId).length,
  }))
  return ranked
    .sort((a, b) => a.rank - b.rank || a.broker.nodeId - b.broker.nodeId)
    .slice(0, BROKERS_MAX)
    .map(({ broker }) => broker)
    .sort((a, b) => a.nodeId - b.nodeId)
}
