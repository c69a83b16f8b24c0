/**
 * The load generator, a process of its own: `generator.ts '<LoadOptions as JSON>'`. Closed loop keeps a number of requests in
 * flight per connection; open loop sends at a rate, and a latency then counts from the *intended* send time, so that a
 * stalled broker cannot hide behind requests that were never sent. Prints one LoadResult. The CPU time of the measured
 * processes is read here, in the turns in which measuring begins and ends.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { cpuSeconds } from '../processes.ts'
import { CORRELATION_AT, fetchFrame, loadBatch, produceFrame, type Frame } from './frames.ts'
import { Latencies } from './latencies.ts'

export interface LoadOptions {
  /** The serving processes, whose CPU time is counted. */
  readonly pids: readonly number[]
  readonly kind: 'produce' | 'consume'
  readonly topic: string
  /** Connection n works on partition n modulo this many, at that partition's leader. */
  readonly leaders: readonly { readonly host: string; readonly port: number }[]
  readonly connections: number
  readonly inFlight: number
  readonly batchBytes: number
  readonly recordBytes: number
  readonly acks: number
  readonly warmUpMs: number
  readonly durationMs: number
  /** Requests per second over all connections; absent: closed loop. */
  readonly ratePerSecond?: number
  /** Bytes asked for by one Fetch. */
  readonly fetchBytes?: number
  /** So many requests on each connection instead of `durationMs`, none of them warm-up: fills a log to read from. */
  readonly requestsEach?: number
  /** Connections are TLS, and trust this authority. Sockets with TLS have no onread: the client pays for that, not the broker. */
  readonly caPem?: string
}

export interface LoadResult {
  readonly requests: number
  readonly errors: number
  /** Record batch bytes, as stored. */
  readonly bytes: number
  readonly seconds: number
  /** Of all serving processes together. */
  readonly cpuSeconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions
const latencies = new Latencies()
let measuring = false
let ended = false
let requests = 0
let errors = 0
let bytes = 0
let idleConnections = 0

class Connection {
  readonly #socket: Socket
  readonly #partition: number
  readonly #produce: Frame | null
  readonly #fetch: { bytes: Buffer; offsetAt: number } | null
  /** Intended or actual send times, oldest first. */
  readonly #sentMs: number[] = []
  #correlation = 0
  #answeredCount = 0
  #buffered = 0
  #frame: Buffer = Buffer.alloc(4 * 1024 * 1024)
  #offset = 0

  constructor(index: number) {
    this.#partition = index % options.leaders.length
    const leader = options.leaders[this.#partition] as { host: string; port: number }
    const batch = options.kind === 'produce' ? loadBatch(options.batchBytes, options.recordBytes).batch : null
    this.#produce = batch === null ? null : produceFrame(options.topic, this.#partition, options.acks, batch)
    this.#fetch = batch === null ? fetchFrame(options.topic, this.#partition, options.fetchBytes ?? 1_048_576) : null
    const { host, port } = leader
    const { caPem } = options
    this.#socket =
      caPem === undefined
        ? connect({
            host,
            port,
            noDelay: true,
            onread: {
              buffer: Buffer.alloc(256 * 1024),
              callback: (count, chunk) => this.#received(chunk as Buffer, count),
            },
          })
        : connectTls({ host, port, ca: caPem }).setNoDelay(true)
    if (caPem !== undefined) this.#socket.on('data', (chunk: Buffer) => this.#received(chunk, chunk.length))
    this.#socket.on(caPem === undefined ? 'connect' : 'secureConnect', () => {
      if (options.ratePerSecond === undefined)
        for (let at = 0; at < options.inFlight; at++) this.send(performance.now())
    })
    this.#socket.on('error', (error) => {
      if (ended) return
      process.stderr.write(`connection lost: ${error.message}\n`)
      process.exit(1)
    })
  }

  send(atMs: number): void {
    this.#sentMs.push(atMs)
    this.#correlation++
    if (this.#produce !== null) {
      const head = Buffer.from(this.#produce.head)
      head.writeInt32BE(this.#correlation, CORRELATION_AT)
      this.#socket.cork()
      this.#socket.write(head)
      this.#socket.write(this.#produce.tail)
      this.#socket.uncork()
    } else if (this.#fetch !== null) {
      const frame = Buffer.from(this.#fetch.bytes)
      frame.writeInt32BE(this.#correlation, CORRELATION_AT)
      frame.writeBigInt64BE(BigInt(this.#offset), this.#fetch.offsetAt)
      this.#socket.write(frame)
    }
  }

  #received(chunk: Buffer, count: number): boolean {
    if (this.#buffered + count > this.#frame.length) {
      const larger = Buffer.alloc(this.#frame.length * 2)
      this.#frame.copy(larger, 0, 0, this.#buffered)
      this.#frame = larger
    }
    chunk.copy(this.#frame, this.#buffered, 0, count)
    this.#buffered += count
    let at = 0
    while (this.#buffered - at >= 4) {
      const size = this.#frame.readInt32BE(at)
      if (this.#buffered - at < 4 + size) break
      this.#answered(at + 4, at + 4 + size)
      at += 4 + size
    }
    this.#frame.copyWithin(0, at, this.#buffered)
    this.#buffered -= at
    return true
  }

  #answered(from: number, end: number): void {
    const nowMs = performance.now()
    const sentMs = this.#sentMs.shift() ?? nowMs
    const got = this.#produce === null ? this.#fetched(from, end) : this.#produced(from)
    if (measuring) {
      requests++
      bytes += got
      latencies.add(nowMs - sentMs)
    }
    this.#answeredCount++
    if (options.requestsEach !== undefined && this.#answeredCount + this.#sentMs.length >= options.requestsEach) {
      if (this.#sentMs.length === 0 && ++idleConnections === options.connections) finish()
      return
    }
    if (options.ratePerSecond === undefined && !ended) this.send(nowMs)
  }

  /** Bytes stored; an error counts and stores nothing. */
  #produced(from: number): number {
    const name = this.#frame.readInt16BE(from + 8)
    const errorCode = this.#frame.readInt16BE(from + 8 + 2 + name + 4 + 4)
    if (errorCode === 0) return this.#produce?.tail.length ?? 0
    errors++
    if (errors === 1) process.stderr.write(`produce error ${errorCode}\n`)
    return 0
  }

  /** Bytes read; moves on to the offset behind them, and back to the start at the end of the log. */
  #fetched(from: number, end: number): number {
    const name = this.#frame.readInt16BE(from + 18)
    let at = from + 18 + 2 + name + 4
    const errorCode = this.#frame.readInt16BE(at + 4)
    const highWatermark = Number(this.#frame.readBigInt64BE(at + 6))
    at += 4 + 2 + 8 + 8 + 8
    const aborted = this.#frame.readInt32BE(at)
    at += 4 + Math.max(0, aborted) * 16 + 4
    const recordsBytes = this.#frame.readInt32BE(at)
    at += 4
    if (errorCode !== 0) {
      errors++
      if (errors === 1) process.stderr.write(`fetch error ${errorCode}\n`)
      this.#offset = 0
      return 0
    }
    let next = this.#offset
    for (let batch = at; batch + 61 <= end && batch < at + recordsBytes;) {
      next = Number(this.#frame.readBigInt64BE(batch)) + this.#frame.readInt32BE(batch + 23) + 1
      batch += 12 + this.#frame.readInt32BE(batch + 8)
    }
    this.#offset = next >= highWatermark ? 0 : next
    return recordsBytes
  }

  end(): void {
    this.#socket.destroy()
  }
}

const connections = Array.from({ length: options.connections }, (_, index) => new Connection(index))

if (options.ratePerSecond !== undefined) {
  const everyMs = 1000 / options.ratePerSecond
  const startedMs = performance.now() + 200
  let sent = 0
  const pump = (): void => {
    if (ended) return
    const nowMs = performance.now()
    while (startedMs + sent * everyMs <= nowMs) {
      connections[sent % connections.length]?.send(startedMs + sent * everyMs)
      sent++
    }
    setTimeout(pump, 1)
  }
  pump()
}

let startedMs = 0
let cpuBefore = 0

function begin(): void {
  measuring = true
  startedMs = performance.now()
  cpuBefore = cpuSeconds(options.pids)
}

function finish(): void {
  measuring = false
  ended = true
  const result: LoadResult = {
    requests,
    errors,
    bytes,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: cpuSeconds(options.pids) - cpuBefore,
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    p999Ms: latencies.percentile(0.999),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  for (const connection of connections) connection.end()
}

if (options.requestsEach !== undefined) {
  begin()
} else {
  setTimeout(() => {
    begin()
    setTimeout(finish, options.durationMs)
  }, options.warmUpMs)
}
