/**
 * The configs of a client metrics subscription (resource type CLIENT_METRICS, KIP-714), and their own rules: which
 * metrics are asked of which clients, how often.
 */
import type { ConfigDefinition } from './definition.ts'
import { int, list, splitList } from './definition.ts'

export const PUSH_INTERVAL_MS_MIN = 100
export const PUSH_INTERVAL_MS_MAX = 3_600_000
export const PUSH_INTERVAL_MS_DEFAULT = 300_000

/** What a subscription may match clients by. */
export const CLIENT_MATCH_KEYS = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
] as const
export type ClientMatchKey = (typeof CLIENT_MATCH_KEYS)[number]

// prettier-ignore
export const clientMetricsConfigs: readonly ConfigDefinition[] = [
  int('interval.ms', PUSH_INTERVAL_MS_DEFAULT, 'How often matching clients push, 100 ms to one hour.', { check: intervalError }),
  list('match', '', 'Which clients push: <attribute>=<regular expression> pairs, all of which must match; empty matches all.', { check: matchError }),
  list('metrics', '', 'Prefixes of metric names that are pushed; * is all.'),
]

const byName: ReadonlyMap<string, ConfigDefinition> = new Map(
  clientMetricsConfigs.map((definition) => [definition.name, definition]),
)

export function clientMetricsConfig(name: string): ConfigDefinition | undefined {
  return byName.get(name)
}

/** The pairs of a `match` value as expressions over the whole attribute; throws for a value that matchError refuses. */
export function parseMatch(value: string): ReadonlyMap<ClientMatchKey, RegExp> {
  const patterns = new Map<ClientMatchKey, RegExp>()
  for (const pair of splitList(value)) {
    const at = pair.indexOf('=')
    const key = CLIENT_MATCH_KEYS.find((known) => known === pair.slice(0, at).trim())
    const pattern = pair.slice(at + 1).trim()
    if (at < 0 || key === undefined || pattern === '') throw new SyntaxError(`Illegal client matching pattern: ${pair}`)
    patterns.set(key, new RegExp(`^(?:${pattern})$`))
  }
  return patterns
}

function matchError(value: string): string | null {
  try {
    parseMatch(value)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function intervalError(value: string): string | null {
  const number = Number(value)
  if (number >= PUSH_INTERVAL_MS_MIN && number <= PUSH_INTERVAL_MS_MAX) return null
  return `interval must be between ${PUSH_INTERVAL_MS_MIN} and ${PUSH_INTERVAL_MS_MAX} (1 hour)`
}
