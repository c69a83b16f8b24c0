/**
 * Reads what clients push: a MetricsData message of OpenTelemetry (opentelemetry.proto.metrics.v1) in protobuf's wire
 * format. A reader of our own: seven message types and four wire types are all there is to it, a library would bring
 * schemas and generated code for the rest, and what clients send is bounded here.
 *
 * Understood are gauges, sums and histograms (as their count and sum); other kinds and unknown fields are passed over.
 * Little-endian; 64-bit integers become numbers. Throws OtlpError for bytes that are no such message.
 */
export class OtlpError extends Error {
  override readonly name = 'OtlpError'
}

export interface TelemetryPoint {
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

export interface TelemetryMetric {
  readonly name: string
  readonly kind: 'gauge' | 'sum'
  /** The values are what came on top since the last push, not totals. */
  readonly delta: boolean
  readonly points: readonly TelemetryPoint[]
}

export interface Telemetry {
  /** What the client says of itself: group_id, client_rack, … */
  readonly resource: ReadonlyMap<string, string>
  readonly metrics: readonly TelemetryMetric[]
}

const POINTS_MAX = 20_000
const TEMPORALITY_DELTA = 1
const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const

/** One field: `bytes` of WireType BYTES, `number` of the others; FIXED64 gives a double and its eight bytes. */
type OnField = (field: number, number: number, bytes: Buffer) => void

export function readTelemetry(message: Buffer): Telemetry {
  const resource = new Map<string, string>()
  const metrics: TelemetryMetric[] = []
  const budget = { points: POINTS_MAX }
  eachMessage(message, 1, (resourceMetrics) => {
    eachMessage(resourceMetrics, 1, (described) => addAttributes(described, 1, resource))
    eachMessage(resourceMetrics, 2, (scope) => {
      eachMessage(scope, 2, (metric) => readMetric(metric, metrics, budget))
    })
  })
  return { resource, metrics }
}

function readMetric(bytes: Buffer, metrics: TelemetryMetric[], budget: { points: number }): void {
  let name = ''
  fields(bytes, (field, _, value) => {
    if (field === 1) name = value.toString()
  })
  fields(bytes, (field, _, data) => {
    if (field === 5) metrics.push({ name, kind: 'gauge', delta: false, points: numberPoints(data, budget) })
    else if (field === 7) {
      metrics.push({ name, kind: 'sum', delta: isDelta(data), points: numberPoints(data, budget) })
    } else if (field === 9) readHistogram(name, data, metrics, budget)
  })
}

function numberPoints(data: Buffer, budget: { points: number }): TelemetryPoint[] {
  const points: TelemetryPoint[] = []
  eachMessage(data, 1, (point) => {
    spend(budget)
    const labels = new Map<string, string>()
    let value = 0
    fields(point, (field, number, bytes) => {
      if (field === 4) value = number
      else if (field === 6) value = integerOf(bytes)
    })
    addAttributes(point, 7, labels)
    points.push({ labels, value })
  })
  return points
}

function readHistogram(name: string, data: Buffer, metrics: TelemetryMetric[], budget: { points: number }): void {
  const counts: TelemetryPoint[] = []
  const sums: TelemetryPoint[] = []
  eachMessage(data, 1, (point) => {
    spend(budget)
    const labels = new Map<string, string>()
    let count = 0
    let sum = 0
    fields(point, (field, number, bytes) => {
      if (field === 4) count = integerOf(bytes)
      else if (field === 5) sum = number
    })
    addAttributes(point, 9, labels)
    counts.push({ labels, value: count })
    sums.push({ labels, value: sum })
  })
  const delta = isDelta(data)
  metrics.push({ name: `${name}.count`, kind: 'sum', delta, points: counts })
  metrics.push({ name: `${name}.sum`, kind: 'sum', delta, points: sums })
}

function isDelta(data: Buffer): boolean {
  let delta = false
  fields(data, (field, number) => {
    if (field === 2) delta = number === TEMPORALITY_DELTA
  })
  return delta
}

/** Adds the KeyValue messages in `field`; values that are lists or maps are left out. */
function addAttributes(bytes: Buffer, field: number, target: Map<string, string>): void {
  eachMessage(bytes, field, (pair) => {
    let key = ''
    let value: string | null = null
    fields(pair, (at, _, content) => {
      if (at === 1) key = content.toString()
      else if (at === 2) {
        fields(content, (kind, number, text) => {
          if (kind === 1) value = text.toString()
          else if (kind === 2) value = String(number !== 0)
          else if (kind === 3 || kind === 4) value = String(number)
        })
      }
    })
    if (value !== null) target.set(key, value)
  })
}

function spend(budget: { points: number }): void {
  if (--budget.points < 0) throw new OtlpError(`more than ${POINTS_MAX} data points`)
}

function eachMessage(bytes: Buffer, wanted: number, visit: (message: Buffer) => void): void {
  fields(bytes, (field, _, message) => {
    if (field === wanted) visit(message)
  })
}

const NOTHING = Buffer.alloc(0)

/** Of a FIXED64 field. */
function integerOf(bytes: Buffer): number {
  return bytes.length === 8 ? Number(bytes.readBigInt64LE(0)) : 0
}

function fields(bytes: Buffer, onField: OnField): void {
  const reader = { bytes, at: 0 }
  while (reader.at < bytes.length) {
    const tag = varint(reader)
    const field = Math.floor(tag / 8)
    switch (tag & 7) {
      case WireType.VARINT:
        onField(field, varint(reader), NOTHING)
        break
      case WireType.FIXED64: {
        const start = take(reader, 8)
        onField(field, bytes.readDoubleLE(start), bytes.subarray(start, start + 8))
        break
      }
      case WireType.BYTES: {
        const length = varint(reader)
        const start = take(reader, length)
        onField(field, 0, bytes.subarray(start, start + length))
        break
      }
      case WireType.FIXED32:
        onField(field, bytes.readFloatLE(take(reader, 4)), NOTHING)
        break
      default:
        throw new OtlpError(`wire type ${tag & 7}`)
    }
  }
}

interface Reader {
  readonly bytes: Buffer
  at: number
}

/** Where `length` bytes start, which the reader then is behind. */
function take(reader: Reader, length: number): number {
  const start = reader.at
  if (length > reader.bytes.length - start) throw new OtlpError('a field is cut off')
  reader.at += length
  return start
}

/** At most ten bytes; beyond 2^53 it loses precision. */
function varint(reader: Reader): number {
  let value = 0
  let scale = 1
  for (let count = 0; count < 10; count++) {
    const byte = reader.bytes[take(reader, 1)] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 128
  }
  throw new OtlpError('a varint has no end')
}
