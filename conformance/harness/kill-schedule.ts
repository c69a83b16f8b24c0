/** Which process is killed when, from a seed: the same seed gives the same schedule. */
import { SeededRandom } from '@millrace/testkit/seeded-random'

export type Victim = 'broker-1' | 'broker-2' | 'broker-3' | 'controller' | 'control-plane'

export interface Kill {
  /** After the kill before, ms. */
  readonly afterMs: number
  readonly victim: Victim
  /** How long a control plane stays away; everything else is started again by it. */
  readonly awayMs: number
}

const GAP_MS_MIN = 300
const GAP_MS_MAX = 2_500
const AWAY_MS_MAX = 1_500
/** Brokers three times in five. */
const VICTIMS: readonly Victim[] = ['broker-1', 'broker-2', 'broker-3', 'controller', 'control-plane']

/** MILLRACE_KILL_SEED, or one by chance. */
export function killSeed(): number {
  const text = process.env['MILLRACE_KILL_SEED']
  if (text === undefined || text === '') return Math.floor(Math.random() * 1_000_000)
  const seed = Number(text)
  if (!Number.isSafeInteger(seed)) throw new Error(`MILLRACE_KILL_SEED is a whole number, not ${text}`)
  return seed
}

export function killSchedule(seed: number, count: number): Kill[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () => ({
    afterMs: GAP_MS_MIN + random.below(GAP_MS_MAX - GAP_MS_MIN),
    victim: VICTIMS[random.below(VICTIMS.length)] ?? 'controller',
    awayMs: random.below(AWAY_MS_MAX),
  }))
}

/** One line per kill, as it is printed. */
export function describeSchedule(seed: number, schedule: readonly Kill[]): string {
  const kills = schedule.map(({ afterMs, victim, awayMs }) =>
    victim === 'control-plane' ? `+${afterMs} ${victim} (${awayMs})` : `+${afterMs} ${victim}`,
  )
  return `MILLRACE_KILL_SEED=${seed}: ${kills.join(', ')}`
}
