/**
 * A compacted topic as a table: a writer puts newer and newer versions of a few keys, sometimes a deletion; a reader goes
 * through all of it again and again. The last acknowledged version of each key is always found, nothing older comes back,
 * every record stays at its offset, and offsets ascend. A hasty writer, whom the leader's word is enough, goes round many
 * more keys: a leader that nobody follows any more is full of what will be cut off, and must not compact it.
 */
import type { RecordInput } from '@millrace/protocol/records/build-batch'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'
import { PartitionReader, type ReadRecord } from './partition-reader.ts'
import { SimulatedProducer, type ProducerLedger, type ValueSource } from './simulated-producer.ts'
import { StandingRecords } from './standing-records.ts'

/** So many that some are not written again in the end: what happened to them stays visible. */
const KEYS = 20
const DELETION_PROBABILITY = 0.2
const THINKING_MS_MAX = 60
/** Of the hasty writer: round within some seconds, so that every key is there before it is written again. */
const HASTY_KEYS = 150
const HASTY_THINKING_MS_MAX = 120
const SCAN_MS = 250
/** A batch fits into the smallest segments. */
const FILLER_BYTES_MAX = 300

interface Version {
  readonly number: number
  readonly isDeletion: boolean
}

export interface SimulatedTableOptions {
  readonly access: () => ClusterAccess
  readonly ledger: Ledger
  readonly topic: string
}

export class SimulatedTable implements Actor, ProducerLedger, ValueSource {
  readonly #options: SimulatedTableOptions
  readonly #producer: SimulatedProducer
  readonly #hasty: SimulatedProducer
  /** Keys of the hasty writer that were shown to the reader: none is ever deleted. */
  readonly #shownHasty: Set<string> = new Set()
  readonly #access: ClusterAccess
  readonly #reader: PartitionReader
  readonly #records: StandingRecords
  readonly #sent: Map<string, Version> = new Map()
  readonly #acknowledged: Map<string, Version> = new Map()
  #nextNumber = 0
  #acknowledgedEnd = 0
  #stopped = false

  constructor(options: SimulatedTableOptions) {
    this.#options = options
    const { ledger, topic } = options
    this.#records = new StandingRecords((what) => ledger.broken(`${topic}: ${what}`))
    this.#access = options.access()
    const onOutOfRange = (offset: number): void => ledger.broken(`the reader of ${topic} stood at ${offset}`)
    const place = { topic, partition: 0 }
    this.#reader = new PartitionReader({ access: this.#access, ...place, readCommitted: false, onOutOfRange })
    const producing = { ...place, ledger: this, source: this, name: topic, acks: -1, inFlight: 3 } as const
    this.#producer = new SimulatedProducer({ ...producing, access: options.access(), thinkingMsMax: THINKING_MS_MAX })
    let written = 0
    const hastySource: ValueSource = {
      next: () => `w${written % HASTY_KEYS}=${written++}`,
      recordOf: (value, filler) => this.recordOf(value, filler),
    }
    const hasty = { ...place, ledger: this, source: hastySource, name: 'hasty', acks: 1, inFlight: 0 } as const
    const hastyThinking = { access: options.access(), thinkingMsMax: HASTY_THINKING_MS_MAX }
    this.#hasty = new SimulatedProducer({ ...hasty, ...hastyThinking })
    this.#scanLater()
  }

  get idle(): boolean {
    return this.#stopped && this.#producer.idle && this.#hasty.idle
  }

  get trouble(): string {
    return `${this.#producer.trouble}, ${this.#hasty.trouble}, ${this.#reader.lastError}`
  }

  stop(): void {
    this.#stopped = true
    this.#producer.stop()
    this.#hasty.stop()
  }

  /** Reads everything once more, when nothing is written any more. */
  check(done: () => void): void {
    this.#scan(true, done)
  }

  next(): string {
    const { random } = this.#access.host
    const key = `k${random.below(KEYS)}`
    const version = { number: this.#nextNumber++, isDeletion: random.chance(DELETION_PROBABILITY) }
    this.#sent.set(key, version)
    return `${key}=${version.number}${version.isDeletion ? '!' : ''}`
  }

  recordOf(value: string, filler: Buffer): RecordInput {
    const { key, number, isDeletion } = parse(value)
    return {
      key: Buffer.from(key),
      value: isDeletion ? null : Buffer.concat([Buffer.from(`${number} `), filler.subarray(0, FILLER_BYTES_MAX)]),
    }
  }

  broken(what: string): void {
    this.#options.ledger.broken(what)
  }

  sent(): void {
    // Versions tell their order by themselves.
  }

  forgotten(): void {
    // Later versions are written by a producer that began anew; of the lost ones nothing was promised.
  }

  acknowledged(_partition: number, offset: number, value: string): void {
    const { key, number, isDeletion } = parse(value)
    this.#options.ledger.count('versions acknowledged')
    this.#acknowledged.set(key, { number, isDeletion })
    this.#records.stands('0', offset, value, 'acknowledged')
    this.#acknowledgedEnd = Math.max(this.#acknowledgedEnd, offset + 1)
  }

  producerIdGiven(producerId: number): void {
    this.#options.ledger.producerIdGiven(producerId)
  }

  #scanLater(): void {
    this.#access.later(SCAN_MS, () => {
      if (!this.#stopped) this.#scan(false, () => this.#scanLater())
    })
  }

  #scan(isLast: boolean, done: () => void): void {
    const promised = new Map(this.#acknowledged)
    const shownHasty = [...this.#shownHasty]
    this.#reader.readAll(
      0,
      (records) => {
        this.#options.ledger.count('scans of a compacted topic')
        const found = this.#versions(records)
        for (const [key, version] of promised) this.#compare(key, version, found.get(key), isLast)
        // A batch that comes late, or twice, may take the place of what the reader has not reached.
        for (const key of isLast ? shownHasty : [])
          if (!found.has(key)) this.broken(`${this.#options.topic}: ${key} was shown, and is there no more`)
        done()
      },
      this.#acknowledgedEnd,
    )
  }

  /** The last version of each key. A deletion does not say its number: it is as new as what was put at its offset. */
  #versions(records: readonly ReadRecord[]): Map<string, Version> {
    const { topic } = this.#options
    const versions = new Map<string, Version>()
    const newest = new Map<string, number>()
    let last = -1
    for (const { offset, key, value } of records) {
      if (offset <= last) this.broken(`${topic}: offset ${offset} comes after ${last}`)
      last = offset
      const put = this.#records.at('0', offset)
      const isDeletion = value === null
      const number = isDeletion ? (put === undefined ? Infinity : parse(put).number) : Number(value.split(' ')[0])
      versions.set(key, { number, isDeletion })
      // A batch of the hasty writer may arrive late, and twice.
      if (key.startsWith('w')) {
        this.#shownHasty.add(key)
        continue
      }
      if (number === Infinity) continue
      if (number < (newest.get(key) ?? -1))
        this.broken(`${topic}: ${key}=${number} at ${offset} comes after ${newest.get(key)}`)
      newest.set(key, number)
      this.#records.stands('0', offset, `${key}=${number}${isDeletion ? '!' : ''}`, 'consumed')
    }
    return versions
  }

  #compare(key: string, promised: Version, found: Version | undefined, isLast: boolean): void {
    const { topic } = this.#options
    const sent = this.#sent.get(key)
    if (found !== undefined && found.number >= promised.number) return
    const shown = found === undefined ? 'nothing' : `${key}=${found.number}${found.isDeletion ? '!' : ''}`
    if (promised.isDeletion) {
      // Whoever reads slowly may miss a deletion and see what was before; in the end it must be gone.
      if (found !== undefined && !found.isDeletion && isLast)
        this.broken(`${topic}: the deletion ${key}=${promised.number} was acknowledged, ${shown} is there`)
      return
    }
    const mayBeGone = sent !== undefined && sent.number > promised.number
    if (found === undefined && mayBeGone) return
    this.broken(`${topic}: ${key}=${promised.number} was acknowledged, ${shown} is there`)
  }
}

function parse(value: string): Version & { readonly key: string } {
  const isDeletion = value.endsWith('!')
  const [key = '', number = ''] = (isDeletion ? value.slice(0, -1) : value).split('=')
  return { key, number: Number(number), isDeletion }
}
