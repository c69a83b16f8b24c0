/**
 * A client of kafkajs at steady work: a small acks=all record every 20 ms at every broker, over one connection to each. It
 * tells when, after a change, each broker refused it for the first time (or took it again), by the clock of this process.
 * A broker refuses by Kafka's error or by closing the connection; what closes is seen at the socket, before kafkajs knows.
 */
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { Kafka, logLevel, type KafkaConfig, type Producer, type SASLOptions } from 'kafkajs'

export interface SteadyClientOptions {
  readonly brokers: string
  readonly ssl: ConnectionOptions
  readonly sasl?: SASLOptions
  readonly topic: string
  /** Port of the leader, by partition: one partition per broker. */
  readonly leaders: readonly number[]
}

export interface Turn {
  /** From the answer of the call that changed something until the last of the brokers acted on it; Infinity: one never did. */
  readonly elapsedMs: number
  /** How they refused: 'closed' or Kafka's words. */
  readonly how: readonly string[]
}

type Wanted = 'refused' | 'allowed'

interface Outcome {
  readonly partition: number
  readonly endedMs: number
  /** Null: allowed. */
  readonly refusal: string | null
}

interface Tracked {
  readonly port: number
  open: boolean
}

const PERIOD_MS = 20
/** Beyond it nothing is expected to act any more. */
const PATIENCE_MS = 5_000
/** For what is not measured. */
const START_PATIENCE_MS = 30_000
const CLOSED = 'closed'
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class SteadyClient {
  readonly #options: SteadyClientOptions
  readonly #producer: Producer
  readonly #sockets = new Set<Tracked>()
  readonly #listeners = new Set<(outcome: Outcome) => void>()
  #loops: readonly Promise<void>[] = []
  #ended = false

  private constructor(options: SteadyClientOptions) {
    this.#options = options
    this.#producer = new Kafka({
      brokers: options.brokers.split(','),
      ssl: options.ssl,
      ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
      socketFactory: ({ host, port, onConnect }) => this.#socket(host, port, onConnect),
    } satisfies KafkaConfig).producer({ allowAutoTopicCreation: false })
  }

  /** Resolves once every broker has taken a record. */
  static async start(options: SteadyClientOptions): Promise<SteadyClient> {
    const untilMs = performance.now() + START_PATIENCE_MS
    for (;;) {
      const client = new SteadyClient(options)
      try {
        await client.#producer.connect()
        client.#loops = options.leaders.map((_, partition) => client.#work(partition))
        await client.#reaches('allowed', PATIENCE_MS)
        return client
      } catch (error) {
        // What was allowed a moment ago may be on its way, and kafkajs does not get over a broker that was too early.
        await client.close()
        if (performance.now() > untilMs) throw error
      }
    }
  }

  /** Makes a change, and waits until every broker acts on it. @throws when a broker does not stay with what it did */
  async turn(wanted: Wanted, change: () => Promise<unknown>): Promise<Turn> {
    const before = [...this.#sockets].filter(({ open }) => open)
    const reached = this.#firsts(wanted)
    await change()
    const answeredMs = performance.now()
    const firsts = await reached(answeredMs + PATIENCE_MS)
    if (firsts === null) return { elapsedMs: Infinity, how: [] }
    const how = [...new Set(firsts.map(({ refusal }) => refusal ?? 'allowed'))]
    // What was closed is gone: that nobody comes in again is looked at where a new login is cheap.
    if (how.every((words) => words !== CLOSED)) {
      await this.#reaches(wanted)
      if (wanted === 'refused' && before.some(({ open }) => !open)) how.push('and closed later')
    }
    return { elapsedMs: Math.max(0, ...firsts.map(({ endedMs }) => endedMs - answeredMs)), how }
  }

  /** How many connections were ever opened. */
  get connections(): number {
    return this.#sockets.size
  }

  get connectionsOpen(): number {
    return [...this.#sockets].filter(({ open }) => open).length
  }

  /** The first refusal within `ms`; null: all was allowed. */
  async refusalWithin(ms: number): Promise<string | null> {
    let refusal: string | null = null
    const listener = (outcome: Outcome): void => void (refusal ??= outcome.refusal)
    this.#listeners.add(listener)
    await sleep(ms)
    this.#listeners.delete(listener)
    return refusal
  }

  async close(): Promise<void> {
    this.#ended = true
    await this.#producer.disconnect()
    await Promise.all(this.#loops)
  }

  /** Begins to look now; what it gives waits for the first outcome of the kind from every broker. */
  #firsts(wanted: Wanted): (untilMs: number) => Promise<readonly Outcome[] | null> {
    const firsts = new Map<number, Outcome>()
    let told = (): void => undefined
    const listener = (outcome: Outcome): void => {
      if ((outcome.refusal === null) === (wanted === 'refused') || firsts.has(outcome.partition)) return
      firsts.set(outcome.partition, outcome)
      if (firsts.size === this.#options.leaders.length) told()
    }
    this.#listeners.add(listener)
    return async (untilMs) => {
      await Promise.race([
        new Promise<void>((resolve) => {
          told = resolve
          if (firsts.size === this.#options.leaders.length) resolve()
        }),
        sleep(Math.max(0, untilMs - performance.now())),
      ])
      this.#listeners.delete(listener)
      return firsts.size === this.#options.leaders.length ? [...firsts.values()] : null
    }
  }

  async #reaches(wanted: Wanted, patienceMs: number = START_PATIENCE_MS): Promise<void> {
    const firsts = await this.#firsts(wanted)(performance.now() + patienceMs)
    if (firsts === null) throw new Error(`not every broker has ${wanted} what the client asks`)
  }

  async #work(partition: number): Promise<void> {
    const { topic } = this.#options
    while (!this.#ended) {
      let refusal: string | null = null
      try {
        await this.#producer.send({ topic, acks: -1, messages: [{ partition, value: 'steady' }] })
      } catch (error) {
        refusal = wordsOf(error)
      }
      this.#tell({ partition, endedMs: performance.now(), refusal })
      await sleep(PERIOD_MS)
    }
  }

  #tell(outcome: Outcome): void {
    if (this.#ended) return
    for (const listener of this.#listeners) listener(outcome)
  }

  #socket(host: string, port: number, onConnect: () => void): ReturnType<typeof connectTls> {
    const socket = connectTls({ host, port, ...this.#options.ssl }, onConnect)
    const tracked: Tracked = { port, open: true }
    this.#sockets.add(tracked)
    socket.once('close', () => {
      tracked.open = false
      const partition = this.#options.leaders.indexOf(port)
      if (partition !== -1) this.#tell({ partition, endedMs: performance.now(), refusal: CLOSED })
    })
    return socket
  }
}

/** That a connection was closed or broke is one thing, whatever kafkajs was about to do with it. */
function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return /closed connection|connection error|ECONNRESET|EPIPE/i.test(words) ? CLOSED : words
}
