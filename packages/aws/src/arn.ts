/**
 * Amazon Resource Names: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. The resource may hold colons and slashes;
 * its inner shape belongs to the service. Source: the IAM user guide's page on resource names.
 */
export interface Arn {
  /** `aws`. */
  readonly partition: string
  readonly service: string
  /** Empty for global services. */
  readonly region: string
  /** Twelve digits; empty where the service leaves it out. */
  readonly accountId: string
  /** All after the fifth colon, e.g. `cluster/demo/5f1d…-2`. */
  readonly resource: string
}

const arnPattern: RegExp = /^arn:([a-z][a-z0-9-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|aws|):(.+)$/s

/** The parts of an ARN, or null if `text` is none. */
export function parseArn(text: string): Arn | null {
  const match = arnPattern.exec(text)
  if (match === null) return null
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = match
  return { partition, service, region, accountId, resource }
}

export function formatArn(arn: Omit<Arn, 'partition'> & { readonly partition?: string }): string {
  return `arn:${arn.partition ?? 'aws'}:${arn.service}:${arn.region}:${arn.accountId}:${arn.resource}`
}

/** The resource's parts between slashes: `cluster/demo/5f1d…-2` → [`cluster`, `demo`, `5f1d…-2`]. */
export function resourceParts(arn: Arn): readonly string[] {
  return arn.resource.split('/')
}
