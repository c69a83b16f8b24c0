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

  /** All brokers of the rack in this turn's order, unfenced first; the next turn begins one further. */
  nextOrder(): number[] {
    const turn = this.#turn++
    return [...rotated(this.unfenced, turn), ...rotated(this.fenced, turn)]
  }
}

class RackRing {
  readonly #racks: readonly Rack[]
  readonly #unfenced: ReadonlySet<number>
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
    this.#unfenced = new Set(brokers.filter((broker) => !broker.fenced).map((broker) => broker.id))
    this.#start = random.below(this.#racks.length)
  }

  /** The replicas of the next partition: one round over the racks, then further rounds for what is still missing. */
  place(replicationFactor: number): number[] {
    const first = this.#start++
    const orders = this.#racks.map((_, index) => this.#rackAt(first + index).nextOrder())
    const chosen: number[] = []
    const waiting: number[] = []
    for (let round = 0; chosen.length + waiting.length < replicationFactor; round++) {
      invariant(round <= this.#unfencedAndFencedMax(orders), 'placement ran out of brokers', { replicationFactor })
      for (const order of orders) {
        const id = order[round]
        if (id === undefined || chosen.length + waiting.length === replicationFactor) continue
        // The leader must be unfenced: fenced brokers wait until one has been found.
        if (chosen.length === 0 && !this.#unfenced.has(id)) waiting.push(id)
        else chosen.push(id)
      }
    }
    if (chosen.length === 0) chosen.push(this.#leaderInsteadOf(waiting, first))
    return [...chosen, ...waiting]
  }

  #rackAt(position: number): Rack {
    const rack = this.#racks[position % this.#racks.length]
    invariant(rack !== undefined, 'a ring has racks')
    return rack
  }

  #unfencedAndFencedMax(orders: readonly (readonly number[])[]): number {
    return Math.max(...orders.map((order) => order.length))
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

function rotated(ids: readonly number[], by: number): number[] {
  if (ids.length === 0) return []
  const at = by % ids.length
  return [...ids.slice(at), ...ids.slice(0, at)]
}
