/** Regions and their availability zones. A zone's id is fixed to its letter here (`us-east-1a` is `use1-az1`); at AWS that differs by account. */

const DIRECTIONS: Readonly<Record<string, string>> = {
  north: 'n',
  south: 's',
  east: 'e',
  west: 'w',
  central: 'c',
  northeast: 'ne',
  northwest: 'nw',
  southeast: 'se',
  southwest: 'sw',
}

/** Regions that need no opting in. Source: the list of regions in the AWS documentation. */
export const defaultRegions: readonly string[] = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]

/** How many zones a new account sees where that is not three. */
const ZONE_COUNTS: Readonly<Record<string, number>> = { 'us-east-1': 6, 'us-west-1': 2, 'us-west-2': 4 }

export interface AvailabilityZone {
  /** `us-east-1a`. */
  readonly name: string
  /** `use1-az1`. */
  readonly id: string
}

/** `us-east-1` → `use1`, `ap-southeast-2` → `apse2`, `us-gov-west-1` → `usgw1`. */
export function zoneIdPrefix(region: string): string {
  return region
    .split('-')
    .map((part) => DIRECTIONS[part] ?? (part === 'gov' ? 'g' : part))
    .join('')
}

/** In the order of their letters. */
export function availabilityZones(region: string): readonly AvailabilityZone[] {
  const prefix = zoneIdPrefix(region)
  return Array.from({ length: ZONE_COUNTS[region] ?? 3 }, (_, index) => ({
    name: `${region}${String.fromCodePoint(97 + index)}`,
    id: `${prefix}-az${index + 1}`,
  }))
}
