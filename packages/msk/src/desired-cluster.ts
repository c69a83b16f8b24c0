/**
 * What a provisioned cluster should be, as one JSON document: the request with AWS's defaults filled in, and what was
 * decided once at creation (zones, Kafka's cluster id). Member names are the SDK's, so that Describe gives it back.
 */
import type { BrokerSpec, ClientListener, ClusterSpec } from '@millrace/engine/engine'
import { defaultProperties } from './configurations/default-properties.ts'
import { servesMutualTls, type ClientAuthority } from './mutual-tls/client-authorities.ts'
import { isRemovedFrom } from './configurations/settable-properties.ts'
import { outsideListeners } from './network/outside-listeners.ts'
import type {
  BrokerNodeGroupInfo,
  ClientBroker,
  ClientAuthentication,
  ConfigurationInfo,
  EncryptionInfo,
  EnhancedMonitoring,
  LoggingInfo,
  OpenMonitoringInfo,
  StorageMode,
} from './sdk-types.ts'

export interface DesiredCluster {
  readonly KafkaVersion: string
  readonly NumberOfBrokerNodes: number
  readonly BrokerNodeGroupInfo: BrokerNodeGroupInfo
  readonly ClientAuthentication?: ClientAuthentication
  /** Of ClientAuthentication.Tls, as they were looked up; not shown by the API. */
  readonly ClientAuthorities?: readonly ClientAuthority[]
  readonly EncryptionInfo: EncryptionInfo
  /** Under which the customer key is used; absent where none is needed. Not shown by the API. */
  readonly StorageKeyGrantId?: string
  readonly EnhancedMonitoring: EnhancedMonitoring
  readonly OpenMonitoring: OpenMonitoringInfo
  readonly LoggingInfo: LoggingInfo
  readonly StorageMode: StorageMode
  /** Null: MSK's defaults alone. */
  readonly ConfigurationInfo: ConfigurationInfo | null
  /** Zone ids in the order of the client subnets. */
  readonly ZoneIds: readonly string[]
  readonly KafkaClusterId: string
}

export const CONTROLLER_NODE_ID = 10001

export interface SpecRequest {
  readonly id: string
  readonly arn: string
  readonly name: string
  readonly desired: DesiredCluster
  /** Of the configuration revision; empty without one. */
  readonly properties: Readonly<Record<string, string>>
}

/** Which kinds of clients the cluster serves. */
export function clientListeners(desired: DesiredCluster): ClientListener[] {
  const { ClientAuthentication, EncryptionInfo } = desired
  const open = openListeners[EncryptionInfo.EncryptionInTransit?.ClientBroker ?? 'TLS']
  const unauthenticated = servesUnauthenticated(ClientAuthentication) ? open : []
  return [
    ...unauthenticated,
    ...(servesMutualTls(ClientAuthentication) && !unauthenticated.includes('tls') ? (['tls'] as const) : []),
    ...(ClientAuthentication?.Sasl?.Scram?.Enabled === true ? (['scram'] as const) : []),
    ...(ClientAuthentication?.Sasl?.Iam?.Enabled === true ? (['iam'] as const) : []),
    ...outsideListeners(desired),
  ]
}

function servesUnauthenticated(authentication: ClientAuthentication | undefined): boolean {
  return authentication === undefined || authentication.Unauthenticated?.Enabled === true
}

/** Clients share the listener `tls`: with unauthenticated ones there, a certificate is asked for and may be missing. */
function clientCertificates({ ClientAuthentication }: DesiredCluster): Pick<ClusterSpec, 'clientCertificates'> {
  if (!servesMutualTls(ClientAuthentication)) return {}
  return { clientCertificates: servesUnauthenticated(ClientAuthentication) ? 'requested' : 'required' }
}

/** For unauthenticated clients. */
const openListeners: Readonly<Record<ClientBroker, readonly ClientListener[]>> = {
  PLAINTEXT: ['plaintext'],
  TLS: ['tls'],
  TLS_PLAINTEXT: ['plaintext', 'tls'],
}

/** What the engine is asked for. */
export function clusterSpec({ id, arn, name, desired, properties }: SpecRequest): ClusterSpec {
  const keyArn = desired.EncryptionInfo.EncryptionAtRest?.DataVolumeKMSKeyId
  const settable = Object.entries(properties).filter(([key]) => !isRemovedFrom(key, desired.KafkaVersion))
  return {
    id,
    name,
    kafkaClusterId: desired.KafkaClusterId,
    kafkaVersion: desired.KafkaVersion,
    brokers: brokerSpecs(desired),
    controllers: [{ nodeId: CONTROLLER_NODE_ID }],
    clientListeners: clientListeners(desired),
    ...clientCertificates(desired),
    encryptsInCluster: desired.EncryptionInfo.EncryptionInTransit?.InCluster !== false,
    encryptionAtRest:
      keyArn === undefined ? null : { keyArn, clusterArn: arn, underGrant: desired.StorageKeyGrantId !== undefined },
    properties: { ...defaultProperties(desired.ZoneIds.length), ...Object.fromEntries(settable) },
  }
}

/** Brokers go round the zones: 1 → first, 2 → second, … */
function brokerSpecs(desired: DesiredCluster): BrokerSpec[] {
  return Array.from({ length: desired.NumberOfBrokerNodes }, (_, index) => ({
    nodeId: index + 1,
    zoneId: desired.ZoneIds[index % desired.ZoneIds.length] ?? '',
  }))
}
