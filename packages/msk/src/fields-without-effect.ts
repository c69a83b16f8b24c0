/**
 * Fields that are accepted, checked and shown again, and that nothing acts on yet: listed in docs/coverage.md. What
 * would be unsafe or misleading to accept (authentication, public access, tiered storage) is refused instead.
 */
export interface FieldWithoutEffect {
  /** As in CreateClusterV2's `provisioned`, and at the top of CreateCluster. */
  readonly field: string
  readonly why: string
}

export const fieldsWithoutEffect: readonly FieldWithoutEffect[] = [
  {
    field: 'brokerNodeGroupInfo.instanceType',
    why: 'reported and checked against the list; of its limits --simulate-limits enforces the rate of new IAM connections',
  },
  {
    field: 'brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize',
    why: 'logs use the disk of the data directory, without a limit of their own',
  },
  {
    field: 'brokerNodeGroupInfo.storageInfo.ebsStorageInfo.provisionedThroughput',
    why: 'disks are as fast as they are',
  },
  { field: 'enhancedMonitoring', why: 'no metrics are delivered to CloudWatch' },
  { field: 'openMonitoring', why: 'no metrics ports are opened' },
  { field: 'loggingInfo', why: 'broker logs are files in the data directory and are not delivered elsewhere' },
]
