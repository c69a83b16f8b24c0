/** What CreateCluster and CreateClusterV2 have in common: everything but the form of request and answer. */
import { randomBytes } from 'node:crypto'
import { randomUuid } from '@millrace/base/uuid'
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest, conflict, tooManyRequests } from '@millrace/aws/errors'
import { chosenKeyArn, releaseStorageKey, storageOf } from '../at-rest/storage-key.ts'
import { clusterArn, newCurrentVersion, newResourceId } from '../arns.ts'
import type { DesiredCluster } from '../desired-cluster.ts'
import { kafkaVersion, kafkaVersions, type KafkaVersionFact } from '../kafka-versions.ts'
import type { LoggingInfo, OpenMonitoringInfo, ProvisionedRequest } from '../sdk-types.ts'
import { clientAuthorities, withTlsSaid, type ClientAuthority } from '../mutual-tls/client-authorities.ts'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { checkBrokerNodes } from '../validation/broker-nodes.ts'
import { checkClientAccess } from '../validation/client-access.ts'
import { checkClusterName } from '../validation/cluster-name.ts'
import { requireRevision } from '../validation/configuration-info.ts'
import { checkPlacement } from '../validation/network-placement.ts'
import { checkTags } from '../validation/tags.ts'
import { zoneIdsOfSubnets } from '../zones.ts'
import type { Dependencies } from './dependencies.ts'

export interface CreateRequest {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly provisioned: ProvisionedRequest
  /** Where the members of `provisioned` are in the request: '' or 'provisioned.'. */
  readonly prefix: string
}

const BROKERS_PER_ACCOUNT_MAX = 90

/** Checks the request, writes the cluster as CREATING, and lets the reconciler know. */
export async function createProvisionedCluster(
  { store, wake, clock, networks, keys, alwaysEncrypts, authorities }: Dependencies,
  context: CallContext,
  request: CreateRequest,
): Promise<Cluster> {
  const { name, tags, provisioned, prefix } = request
  checkClusterName(name)
  checkTags(tags)
  const version = requireKafkaVersion(provisioned.KafkaVersion, prefix)
  checkBrokerNodes({
    brokerCount: provisioned.NumberOfBrokerNodes,
    group: provisioned.BrokerNodeGroupInfo,
    version,
    region: context.region,
    prefix,
  })
  checkPlacement(networks, context, provisioned.BrokerNodeGroupInfo, prefix)
  checkFeatures(provisioned, prefix)
  checkClientAccess(provisioned.EncryptionInfo, provisioned.ClientAuthentication, prefix)
  const { EncryptionInfo: encryption } = provisioned
  const keyArn = await chosenKeyArn({ keys, scope: context, encryption, prefix, always: alwaysEncrypts })
  const foundAuthorities = await clientAuthorities(
    authorities,
    context,
    provisioned.ClientAuthentication,
    `${prefix}clientAuthentication.tls.certificateAuthorityArnList`,
  )
  const id = newResourceId()
  const arn = clusterArn(context, name, id)
  const grantId = keyArn === null ? null : await keys.grant(keyArn, storageOf({ arn }))
  const cluster: Cluster = {
    arn,
    id,
    accountId: context.accountId,
    region: context.region,
    name,
    state: 'CREATING',
    stateCode: null,
    stateMessage: null,
    currentVersion: newCurrentVersion(),
    createdAt: clock().toISOString(),
    desired: desiredCluster(provisioned, {
      zoneIds: zoneIdsOfSubnets(context, provisioned.BrokerNodeGroupInfo.ClientSubnets, networks),
      keyArn,
      grantId,
      authorities: foundAuthorities,
    }),
    observed: null,
    tags,
    activeOperationArn: null,
  }
  const insert = store.transaction(async (transaction) => {
    await checkAgainstOthers(transaction, context, name, provisioned.NumberOfBrokerNodes)
    if (provisioned.ConfigurationInfo !== undefined) {
      await requireRevision(transaction, context, provisioned.ConfigurationInfo, {
        kafkaVersion: version.version,
        member: `${prefix}configurationInfo`,
      })
    }
    await transaction.insertCluster(cluster)
  })
  try {
    await insert
  } catch (error) {
    await releaseStorageKey(keys, cluster)
    throw error
  }
  wake(cluster.arn)
  return cluster
}

function requireKafkaVersion(text: string, prefix: string): KafkaVersionFact {
  const version = kafkaVersion(text)
  if (version !== null) return version
  throw badRequest({
    message: `Unsupported KafkaVersion [${text}]. Valid values: [${kafkaVersions.map((fact) => fact.version).join(', ')}]`,
    invalidParameter: `${prefix}kafkaVersion`,
  })
}

/** Features of whole clusters that have no code here. */
function checkFeatures(provisioned: ProvisionedRequest, prefix: string): void {
  if (provisioned.StorageMode === 'TIERED') {
    throw badRequest({
      message: 'Tiered storage is not served by this version of Millrace: write storageMode LOCAL, or leave it out.',
      invalidParameter: `${prefix}storageMode`,
    })
  }
  if (provisioned.Rebalancing !== undefined) {
    throw badRequest({
      message:
        'Intelligent rebalancing is for Express brokers, which are not served by this version of Millrace: leave rebalancing out.',
      invalidParameter: `${prefix}rebalancing`,
    })
  }
}

async function checkAgainstOthers(
  store: Store,
  context: CallContext,
  name: string,
  brokerCount: number,
): Promise<void> {
  if ((await store.clusterByName(context, name)) !== null) {
    throw conflict({ message: `A cluster with the name ${name} already exists.`, invalidParameter: 'clusterName' })
  }
  const others = await store.clusters(context)
  const brokers = others.reduce((sum, { desired }) => sum + desired.NumberOfBrokerNodes, 0)
  if (brokers + brokerCount > BROKERS_PER_ACCOUNT_MAX) {
    throw tooManyRequests({
      message: `An account can have ${BROKERS_PER_ACCOUNT_MAX} brokers in a region; ${brokers} are there and ${brokerCount} were asked for.`,
      invalidParameter: 'numberOfBrokerNodes',
    })
  }
}

/** The request with AWS's defaults. */
function desiredCluster(
  provisioned: ProvisionedRequest,
  found: {
    readonly zoneIds: readonly string[]
    readonly keyArn: string | null
    readonly grantId: string | null
    readonly authorities: readonly ClientAuthority[]
  },
): DesiredCluster {
  const { zoneIds, keyArn, grantId, authorities } = found
  const group = provisioned.BrokerNodeGroupInfo
  return {
    KafkaVersion: provisioned.KafkaVersion,
    NumberOfBrokerNodes: provisioned.NumberOfBrokerNodes,
    BrokerNodeGroupInfo: {
      ...group,
      BrokerAZDistribution: 'DEFAULT',
      ConnectivityInfo: { PublicAccess: { Type: 'DISABLED' }, NetworkType: 'IPV4' },
      ZoneIds: [...zoneIds],
    },
    ...(provisioned.ClientAuthentication === undefined
      ? {}
      : { ClientAuthentication: withTlsSaid(provisioned.ClientAuthentication) }),
    ...(authorities.length === 0 ? {} : { ClientAuthorities: authorities }),
    EncryptionInfo: {
      ...(keyArn === null ? {} : { EncryptionAtRest: { DataVolumeKMSKeyId: keyArn } }),
      EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true, ...provisioned.EncryptionInfo?.EncryptionInTransit },
    },
    ...(grantId === null ? {} : { StorageKeyGrantId: grantId }),
    EnhancedMonitoring: provisioned.EnhancedMonitoring ?? 'DEFAULT',
    OpenMonitoring: provisioned.OpenMonitoring ?? noOpenMonitoring,
    LoggingInfo: provisioned.LoggingInfo ?? noLogging,
    StorageMode: 'LOCAL',
    ConfigurationInfo: provisioned.ConfigurationInfo ?? null,
    ZoneIds: zoneIds,
    KafkaClusterId: randomUuid({ bytes: (count) => randomBytes(count), below: () => 0 }),
  }
}

const noOpenMonitoring: OpenMonitoringInfo = {
  Prometheus: { JmxExporter: { EnabledInBroker: false }, NodeExporter: { EnabledInBroker: false } },
}

const noLogging: LoggingInfo = {
  BrokerLogs: { CloudWatchLogs: { Enabled: false }, Firehose: { Enabled: false }, S3: { Enabled: false } },
}
