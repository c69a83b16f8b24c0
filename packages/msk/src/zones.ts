/** Availability zones of a region, and their ids: `us-east-1a` is `use1-az1` here (at AWS that differs by account). */

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

/** `us-east-1` → `use1`, `ap-southeast-2` → `apse2`, `us-gov-west-1` → `usgw1`. */
export function zoneIdPrefix(region: string): string {
  return region
    .split('-')
    .map((part) => DIRECTIONS[part] ?? (part === 'gov' ? 'g' : part))
    .join('')
}

/** MSK does not offer use1-az3. */
const ZONE_NUMBERS: Readonly<Record<string, readonly number[]>> = { 'us-east-1': [1, 2, 4] }

/** The zone ids of client subnets: every subnet is in a zone of its own, in order of appearance. */
export function zoneIdsOfSubnets(region: string, subnetIds: readonly string[]): string[] {
  const prefix = zoneIdPrefix(region)
  const numbers = ZONE_NUMBERS[region] ?? [1, 2, 3]
  return subnetIds.map((_, index) => `${prefix}-az${numbers[index] ?? index + 1}`)
}
