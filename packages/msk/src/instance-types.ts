/** Standard broker sizes (msk.md §3.4). Express sizes are not served. */
export interface InstanceType {
  readonly vcpus: number
  readonly memoryGib: number
  /** Beyond so many partitions per broker the service refuses updates. */
  readonly partitionsMax: number
  /** Provisioned storage throughput in MiB/s; null where it cannot be had. */
  readonly storageThroughputMax: number | null
}

const size = (
  vcpus: number,
  memoryGib: number,
  partitionsMax: number,
  storageThroughputMax: number | null,
): InstanceType => ({
  vcpus,
  memoryGib,
  partitionsMax,
  storageThroughputMax,
})

export const instanceTypes: Readonly<Record<string, InstanceType>> = {
  'kafka.t3.small': size(2, 2, 300, null),
  'kafka.m5.large': size(2, 8, 1500, null),
  'kafka.m5.xlarge': size(4, 16, 1500, null),
  'kafka.m5.2xlarge': size(8, 32, 3000, null),
  'kafka.m5.4xlarge': size(16, 64, 6000, 593),
  'kafka.m5.8xlarge': size(32, 128, 6000, 850),
  'kafka.m5.12xlarge': size(48, 192, 6000, 1000),
  'kafka.m5.16xlarge': size(64, 256, 6000, 1000),
  'kafka.m5.24xlarge': size(96, 384, 6000, 1000),
  'kafka.m7g.large': size(2, 8, 1500, null),
  'kafka.m7g.xlarge': size(4, 16, 1500, null),
  'kafka.m7g.2xlarge': size(8, 32, 3000, 312.5),
  'kafka.m7g.4xlarge': size(16, 64, 6000, 625),
  'kafka.m7g.8xlarge': size(32, 128, 6000, 1000),
  'kafka.m7g.12xlarge': size(48, 192, 6000, 1000),
  'kafka.m7g.16xlarge': size(64, 256, 6000, 1000),
}

/** New connections by IAM per broker and second that MSK lets in (msk.md §3.2). */
export function iamConnectsPerSecond(name: string): number {
  return name === 'kafka.t3.small' ? 4 : 100
}

/** Null for what is not in the list. */
export function instanceType(name: string): InstanceType | null {
  return Object.hasOwn(instanceTypes, name) ? (instanceTypes[name] ?? null) : null
}
