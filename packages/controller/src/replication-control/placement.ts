/**
 * Rack-aware striped placement (kafka-protocol §4.4): racks are visited round-robin from a random start, each next
 * replica goes to the next rack, unfenced brokers before fenced ones, and a fenced broker never comes first. Pure but
 * for the random start.
 */
import type { Random } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'

export interface UsableBroker {
  readonly id: number
  readonly rack: string | null
  readonly fenced: boolean
}

/** Why no placement exists; the message is Kafka's. */
export interface PlacementRefused {
  readonly refused: string
}

export interface PlacementRequest {
  readonly brokers: readonly UsableBroker[]
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly random: Random
}

/** Replica lists for partitions 0…partitionCount − 1, or why there are none. */
export function placeReplicas(request: PlacementRequest): readonly (readonly number[])[] | PlacementRefused {
  const { brokers, partitionCount, replicationFactor, random } = request
  if (brokers.every((broker) => broker.fenced)) return { refused: 'All brokers are currently fenced.' }
  if (replicationFactor > brokers.length) {
    return {
      refused: `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered.`,
    }
  }
  const racks = new RackRing(brokers, random)
  return Array.from({ length: partitionCount }, () => racks.place(replicationFactor))
}

/** One rack's brokers; an offset moves on with every visit so that all get their share. */
class Rack {
  readonly unfenced: number[] = []
  readonly fenced: number[] = []
  #turn = 0

  sort(random: Random): void {
    this.unfenced.sort((a, b) => a - b)
    this.fenced.sort((a, b) => a - b)
    this.#turn = random.below(Math.max(1, this.unfenced.length))
  }

  /** The next turn begins one broker further. */
  nextTurn(): void {
    this.#turn++
  }

  get size(): number {
    return this.unfenced.length + this.fenced.length
  }

  /** The broker at `position` of this turn's order, unfenced ones first; undefined behind the last. */
  at(position: number): number | undefined {
    const { unfenced, fenced } = this
    if (position < unfenced.length) return unfenced[(this.#turn + position) % unfenced.length]
    const rest = position - unfenced.length
    return rest < fenced.length ? fenced[(this.#turn + rest) % fenced.length] : undefined
  }
}

class RackRing {
  readonly #racks: readonly Rack[]
  readonly #unfenced: ReadonlySet<number>
  /** Brokers of the largest rack. */
  readonly #roundsMax: number
  #start: number

  constructor(brokers: readonly UsableBroker[], random: Random) {
    const byName = new Map<string, Rack>()
    for (const broker of brokers) {
      const name = broker.rack ?? ''
      let rack = byName.get(name)
      if (rack === undefined) byName.set(name, (rack = new Rack()))
      const ids = broker.fenced ? rack.fenced : rack.unfenced
      ids.push(broker.id)
    }
    this.#racks = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rack]) => rack)
    for (const rack of this.#racks) rack.sort(random)
    this.#roundsMax = Math.max(...this.#racks.map(({ size }) => size))
    this.#unfenced = new Set(brokers.filter((broker) => !broker.fenced).map((broker) => broker.id))
    this.#start = random.below(this.#racks.length)
  }

  /** The replicas of the next partition: one round over the racks, then further rounds for what is still missing. */
  place(replicationFactor: number): number[] {
    const first = this.#start++
    const racks = this.#racks.length
    const chosen: number[] = []
    const waiting: number[] = []
    for (let round = 0; chosen.length + waiting.length < replicationFactor; round++) {
      if (round === this.#roundsMax) invariant(false, 'placement ran out of brokers', { replicationFactor })
      for (let index = 0; index < racks && chosen.length + waiting.length < replicationFactor; index++) {
        const id = this.#rackAt(first + index).at(round)
        if (id === undefined) continue
        // The leader must be unfenced: fenced brokers wait until one has been found.
        if (chosen.length === 0 && !this.#unfenced.has(id)) waiting.push(id)
        else chosen.push(id)
      }
    }
    for (const rack of this.#racks) rack.nextTurn()
    if (chosen.length === 0) chosen.push(this.#leaderInsteadOf(waiting, first))
    chosen.push(...waiting)
    return chosen
  }

  #rackAt(position: number): Rack {
    const rack = this.#racks[position % this.#racks.length]
    invariant(rack !== undefined, 'a ring has racks')
    return rack
  }

  /** Only fenced brokers were met: the last of them gives way to an unfenced one. */
  #leaderInsteadOf(waiting: number[], seed: number): number {
    waiting.pop()
    const unfenced = [...this.#unfenced].sort((a, b) => a - b)
    const leader = unfenced[seed % unfenced.length]
    invariant(leader !== undefined, 'an unfenced broker exists')
    return leader
  }
}
