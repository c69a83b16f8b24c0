/** Brokers, subnets, sizes and storage of a provisioned cluster (msk.md §3.1, §3.4). */
import { badRequest } from '@millrace/aws/errors'
import { instanceType, instanceTypes } from '../instance-types.ts'
import type { KafkaVersionFact } from '../kafka-versions.ts'
import type { BrokerNodeGroupInfo } from '../sdk-types.ts'

const VOLUME_GIB_MAX = 16_384
/** Regions that have two zones for MSK. */
const TWO_ZONE_REGIONS: ReadonlySet<string> = new Set(['us-west-1'])
const THROUGHPUT_MIN = 250
const THROUGHPUT_VOLUME_GIB_MIN = 10

export interface BrokerNodesRequest {
  readonly brokerCount: number
  readonly group: BrokerNodeGroupInfo
  readonly version: KafkaVersionFact
  readonly region: string
  /** '' in CreateCluster, 'provisioned.' in CreateClusterV2. */
  readonly prefix: string
}

export function checkBrokerNodes(request: BrokerNodesRequest): void {
  checkSubnets(request)
  checkBrokerCount(request)
  checkInstanceType(request)
  checkStorage(request)
  checkConnectivity(request)
}

function checkSubnets({ group, region, prefix }: BrokerNodesRequest): void {
  const member = `${prefix}brokerNodeGroupInfo.clientSubnets`
  const subnets = group.ClientSubnets
  if (subnets.some((subnet) => !/^subnet-[0-9A-Za-z-]+$/.test(subnet))) {
    throw badRequest({ message: 'A client subnet is named by its id: subnet-….', invalidParameter: member })
  }
  if (new Set(subnets).size !== subnets.length) {
    throw badRequest({
      message: 'Every client subnet must be in a zone of its own: one is named twice.',
      invalidParameter: member,
    })
  }
  const twoZones = TWO_ZONE_REGIONS.has(region)
  if (twoZones ? subnets.length !== 2 : subnets.length < 2 || subnets.length > 3) {
    const wanted = twoZones ? 'exactly 2 client subnets' : '2 or 3 client subnets'
    throw badRequest({ message: `Specify ${wanted}, each in a different Availability Zone.`, invalidParameter: member })
  }
  if (group.BrokerAZDistribution !== undefined && group.BrokerAZDistribution !== 'DEFAULT') {
    throw badRequest({
      message: 'brokerAZDistribution can only be DEFAULT.',
      invalidParameter: `${prefix}brokerNodeGroupInfo.brokerAZDistribution`,
    })
  }
}

function checkBrokerCount({ brokerCount, group, version, prefix }: BrokerNodesRequest): void {
  const member = `${prefix}numberOfBrokerNodes`
  const zones = group.ClientSubnets.length
  if (!Number.isInteger(brokerCount) || brokerCount < zones || brokerCount % zones !== 0) {
    throw badRequest({
      message: `The number of broker nodes must be a multiple of the number of client subnets (${zones}), got ${brokerCount}.`,
      invalidParameter: member,
    })
  }
  if (brokerCount > version.brokersMax) {
    throw badRequest({
      message: `A cluster of Kafka ${version.version} has at most ${version.brokersMax} brokers, got ${brokerCount}.`,
      invalidParameter: member,
    })
  }
}

function checkInstanceType({ group, prefix }: BrokerNodesRequest): void {
  if (instanceType(group.InstanceType) !== null) return
  const express = group.InstanceType.startsWith('express.')
    ? ' Express brokers are not served by this version of Millrace.'
    : ''
  throw badRequest({
    message: `Unsupported InstanceType [${group.InstanceType}].${express} Valid values: [${Object.keys(instanceTypes).join(', ')}]`,
    invalidParameter: `${prefix}brokerNodeGroupInfo.instanceType`,
  })
}

function checkStorage({ group, prefix }: BrokerNodesRequest): void {
  const ebs = group.StorageInfo?.EbsStorageInfo
  const member = `${prefix}brokerNodeGroupInfo.storageInfo.ebsStorageInfo`
  const volume = ebs?.VolumeSize
  if (volume !== undefined && (volume < 1 || volume > VOLUME_GIB_MAX)) {
    throw badRequest({
      message: `The volume size is 1 to ${VOLUME_GIB_MAX} GiB, got ${volume}.`,
      invalidParameter: `${member}.volumeSize`,
    })
  }
  const throughput = ebs?.ProvisionedThroughput
  if (throughput?.Enabled !== true) return
  const max = instanceType(group.InstanceType)?.storageThroughputMax ?? null
  const value = throughput.VolumeThroughput
  if (max === null) {
    throw badRequest({
      message: `Provisioned storage throughput is not available for ${group.InstanceType}.`,
      invalidParameter: `${member}.provisionedThroughput`,
    })
  }
  if (value === undefined || value < THROUGHPUT_MIN || value > max || (volume ?? 0) < THROUGHPUT_VOLUME_GIB_MIN) {
    throw badRequest({
      message: `Provisioned throughput of ${group.InstanceType} is ${THROUGHPUT_MIN} to ${max} MiB per second on a volume of at least ${THROUGHPUT_VOLUME_GIB_MIN} GiB.`,
      invalidParameter: `${member}.provisionedThroughput.volumeThroughput`,
    })
  }
}

/** Ways in that do not exist here are refused, so that nobody relies on them. */
function checkConnectivity({ group, prefix }: BrokerNodesRequest): void {
  const member = `${prefix}brokerNodeGroupInfo.connectivityInfo`
  const connectivity = group.ConnectivityInfo
  const publicAccess = connectivity?.PublicAccess?.Type
  if (publicAccess !== undefined && publicAccess !== 'DISABLED') {
    throw badRequest({
      message: 'When creating a cluster, the only valid value for the Type parameter in PublicAccess is DISABLED.',
      invalidParameter: `${member}.publicAccess.type`,
    })
  }
  const vpc = connectivity?.VpcConnectivity?.ClientAuthentication
  if (vpc?.Sasl?.Iam?.Enabled === true || vpc?.Sasl?.Scram?.Enabled === true || vpc?.Tls?.Enabled === true) {
    throw badRequest({
      message:
        "When creating a cluster, all vpcConnectivity auth schemes must be disabled ('enabled' : false). You can enable auth schemes after the cluster is created.",
      invalidParameter: `${member}.vpcConnectivity.clientAuthentication`,
    })
  }
  if (connectivity?.NetworkType === 'DUAL') {
    throw badRequest({
      message: 'The network type DUAL is not served by this version of Millrace: write IPV4.',
      invalidParameter: `${member}.networkType`,
    })
  }
}
