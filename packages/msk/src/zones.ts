/** The zones of client subnets: where a subnet was made, or for an invented one the next zone that MSK offers. */
import { zoneIdPrefix } from '@millrace/aws/zones'
import type { Scope } from './arns.ts'
import type { NetworkSource } from './network/network-source.ts'

/** MSK does not offer use1-az3. */
const ZONE_NUMBERS: Readonly<Record<string, readonly number[]>> = { 'us-east-1': [1, 2, 4] }
const UNUSABLE_ZONES: ReadonlySet<string> = new Set(['use1-az3'])

export function isUsableZone(zoneId: string): boolean {
  return !UNUSABLE_ZONES.has(zoneId)
}

/** In the order of the subnets; no two alike as long as the known ones are not. */
export function zoneIdsOfSubnets(scope: Scope, subnetIds: readonly string[], networks: NetworkSource): string[] {
  const known = subnetIds.map((id) => networks.subnet(scope, id)?.zoneId ?? null)
  const prefix = zoneIdPrefix(scope.region)
  const free = (ZONE_NUMBERS[scope.region] ?? [1, 2, 3])
    .map((number) => `${prefix}-az${number}`)
    .filter((zoneId) => !known.includes(zoneId))
  return known.map((zoneId) => zoneId ?? free.shift() ?? `${prefix}-az1`)
}
