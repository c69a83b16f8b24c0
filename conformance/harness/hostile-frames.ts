/**
 * Frames that a server must survive: what a client would send, and everything that can be done to it. Frame `n` of a seed
 * is always the same bytes (but for timestamps), whoever sends it and in which order: a run is repeated by its seed.
 */
import { APIS, apiByKey } from '@millrace/protocol/apis'
import { versionsOf } from '@millrace/protocol/definition'
import { encodeRequestFrame } from '@millrace/protocol/headers'
import { produceRequest } from '@millrace/protocol/messages/00-produce'
import { EncodeError } from '@millrace/protocol/primitives/encode-error'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { compressionBombs, randomRecords } from './bombs.ts'
import { pick, randomMessage, type Vocabulary } from './random-message.ts'

export interface HostileFrame {
  readonly seed: string
  readonly number: number
  /** What was done to it, for the message of a failing run. */
  readonly kind: string
  readonly bytes: Buffer
}

export interface AdvertisedApi {
  readonly key: number
  readonly min: number
  readonly max: number
}

export interface HostileFramesOptions {
  readonly seed: string
  /** What the listener under attack advertises. */
  readonly advertised: readonly AdvertisedApi[]
  /** Topics that may be written and altered; data requests name `dataTopics` as well. */
  readonly topics: readonly string[]
  readonly dataTopics: readonly string[]
  readonly topicIds: readonly string[]
}

/** An operator's honest "forget that broker" would be obeyed: not an attack that a server has to survive. */
const NEVER_SENT: ReadonlySet<number> = new Set([64])
/** What it names is gone afterwards: only topics that nothing else names. */
const DELETE_TOPICS = 20
/** Requests that only read or write data: they may name any topic. */
const DATA_APIS: ReadonlySet<number> = new Set([0, 1, 2, 3, 23])
const INTERNAL_APIS: readonly number[] = [7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73]
const SIZES: readonly number[] = [0, -1, 1, 7, -2_147_483_648, 2_147_483_647, 104_857_601, 1_195_725_856]
/** One frame in so many is a bomb. */
const BOMB_ODDS = 1_000

type Maker = (source: HostileFrames, random: SeededRandom) => Buffer

const MAKERS: readonly (readonly [weight: number, kind: string, maker: Maker])[] = [
  [20, 'sound request', (source, random) => source.request(random)],
  [20, 'flipped bytes', (source, random) => flipped(source.request(random), random)],
  [10, 'cut', (source, random) => cut(source.request(random), random)],
  [8, 'spliced', (source, random) => spliced(source.request(random), source.request(random), random)],
  [15, 'a length changed', (source, random) => lengthChanged(source.request(random), random)],
  [
    4,
    'trailing bytes',
    (source, random) => sized(Buffer.concat([source.request(random), random.bytes(1 + random.below(50))])),
  ],
  [5, 'noise behind a header', (source, random) => noiseBehindHeader(source, random)],
  [4, 'noise', (_source, random) => sized(random.bytes(4 + random.below(400)))],
  [2, 'no frame at all', (_source, random) => random.bytes(1 + random.below(400))],
  [3, 'an unserved version', (source, random) => unservedVersion(source.request(random), random)],
  [2, 'an unknown API', (source, random) => unknownApi(source.request(random), random)],
  [3, 'an internal API', (source, random) => source.internalRequest(random)],
  [2, 'a size that cannot be', (_source, random) => impossibleSize(random)],
  [4, 'text that is no UTF-8', (source, random) => noUtf8(source.request(random), random)],
  [2, 'long text that is no UTF-8', (source, random) => source.longNoUtf8(random)],
  [2, 'another protocol', (_source, random) => Buffer.from(pick(random, OTHER_PROTOCOLS), 'latin1')],
]
const WEIGHTS = MAKERS.reduce((sum, [weight]) => sum + weight, 0)

const OTHER_PROTOCOLS: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'SSH-2.0-OpenSSH_9.6\r\n',
  '*1\r\n$4\r\nPING\r\n',
]

export class HostileFrames {
  readonly #options: HostileFramesOptions
  readonly #adminWords: Vocabulary
  readonly #dataWords: Vocabulary
  readonly #doomedWords: Vocabulary
  readonly #bombs: readonly Buffer[] = compressionBombs()
  readonly #advertised: readonly AdvertisedApi[]

  constructor(options: HostileFramesOptions) {
    this.#options = options
    this.#advertised = options.advertised.filter(({ key }) => !NEVER_SENT.has(key))
    const groups = ['hostile', 'hostile-2', 'g'.repeat(300)]
    this.#adminWords = { topics: options.topics, topicIds: [], groups, records: randomRecords }
    this.#doomedWords = { ...this.#adminWords, topics: ['doomed'] }
    this.#dataWords = {
      topics: [...options.topics, ...options.dataTopics, '__consumer_offsets'],
      topicIds: options.topicIds,
      groups,
      records: randomRecords,
    }
  }

  frame(number: number): HostileFrame {
    const { seed } = this.#options
    const random = new SeededRandom(`${seed}/${number}`)
    if (number % BOMB_ODDS === BOMB_ODDS - 1) return { seed, number, kind: 'a bomb', bytes: this.#bomb(random) }
    let at = random.below(WEIGHTS)
    for (const [weight, kind, maker] of MAKERS) {
      at -= weight
      if (at < 0) return { seed, number, kind, bytes: maker(this, random) }
    }
    throw new Error('weights do not add up')
  }

  /** A request that is served, with its size in front. */
  request(random: SeededRandom): Buffer {
    const { key, min, max } = pick(random, this.#advertised)
    return this.#encode(key, min + random.below(max - min + 1), random)
  }

  internalRequest(random: SeededRandom): Buffer {
    const key = pick(random, INTERNAL_APIS)
    const api = apiByKey(key)
    if (api === undefined) throw new Error(`no API ${key}`)
    const { min, max } = versionsOf(api.request)
    return this.#encode(key, min + random.below(max - min + 1), random)
  }

  /** Names of bytes that become three times as long when they are read as UTF-8. */
  longNoUtf8(random: SeededRandom): Buffer {
    const name = 'x'.repeat(1 + random.below(12_000))
    const words = { ...this.#adminWords, topics: [name], groups: [name] }
    const { key, min, max } = pick(random, this.#advertised)
    const bytes = this.#encode(key, min + random.below(max - min + 1), random, words)
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at)) bytes.fill(0xff, at, at + name.length)
    return bytes
  }

  #bomb(random: SeededRandom): Buffer {
    const name = pick(random, this.#options.topics)
    const partitionData = [{ index: random.below(2), records: pick(random, this.#bombs) }]
    const body = {
      transactionalId: null,
      acks: pick(random, [-1, 1, 0]),
      timeoutMs: 1000,
      topicData: [{ name, partitionData }],
    }
    return Buffer.concat(encodeRequestFrame(produceRequest, 9, { correlationId: 1, clientId: 'bomber' }, body))
  }

  #encode(key: number, version: number, random: SeededRandom, words?: Vocabulary): Buffer {
    const api = apiByKey(key)
    if (api === undefined) throw new Error(`no API ${key}`)
    // Ranges tell of Produce 0 to 2, which nobody can encode.
    const { min } = versionsOf(api.request)
    const header = { correlationId: random.uint32() | 0, clientId: random.chance(0.1) ? null : 'hostile' }
    const vocabulary =
      key === DELETE_TOPICS ? this.#doomedWords : (words ?? (DATA_APIS.has(key) ? this.#dataWords : this.#adminWords))
    try {
      const body = randomMessage(api.request, Math.max(min, version), random, vocabulary)
      return Buffer.concat(encodeRequestFrame(api.request, Math.max(min, version), header, body as never))
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      return sized(random.bytes(50))
    }
  }
}

/** What every API of the tables would offer: for listeners that tell nobody before they know who asks. */
export function everyApi(): AdvertisedApi[] {
  return APIS.map(({ key, request }) => ({ key, ...versionsOf(request) }))
}

/** The same bytes with the right size in front; `bytes` begins with four bytes for it. */
function sized(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

/** The first four bytes (size) stay, most often. */
function place(bytes: Buffer, random: SeededRandom): number {
  const from = random.chance(0.05) ? 0 : Math.min(4, bytes.length - 1)
  return from + random.below(bytes.length - from)
}

function flipped(bytes: Buffer, random: SeededRandom): Buffer {
  for (let times = 1 + random.below(6); times > 0; times--) {
    const at = place(bytes, random)
    bytes[at] = random.chance(0.5) ? (bytes[at] as number) ^ (1 << random.below(8)) : random.below(256)
  }
  return bytes
}

function cut(bytes: Buffer, random: SeededRandom): Buffer {
  const short = Buffer.from(bytes.subarray(0, 4 + random.below(bytes.length - 4)))
  return random.chance(0.8) ? sized(short) : short
}

function spliced(first: Buffer, second: Buffer, random: SeededRandom): Buffer {
  const head = first.subarray(0, 4 + random.below(first.length - 4))
  const tail = second.subarray(4 + random.below(second.length - 4))
  return sized(Buffer.concat([head, tail]))
}

function lengthChanged(bytes: Buffer, random: SeededRandom): Buffer {
  const at = place(bytes, random)
  const left = bytes.length - at
  switch (random.below(3)) {
    case 0:
      if (left >= 4)
        bytes.writeInt32BE(pick(random, [-1, -2, 0, 1, 100, 65_536, 4_194_304, 2_147_483_647, -2_147_483_648]), at)
      return bytes
    case 1:
      if (left >= 2) bytes.writeInt16BE(pick(random, [-1, -2, 0, 1, 100, 32_767, -32_768]), at)
      return bytes
    default: {
      const varint = pick(random, ['00', '01', '7f', '8001', 'ffff03', 'ffffff7f', 'ffffffff0f', 'ffffffffff7f'])
      return sized(
        Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(varint, 'hex'),
          bytes.subarray(Math.min(bytes.length, at + 1)),
        ]),
      )
    }
  }
}

function noiseBehindHeader(source: HostileFrames, random: SeededRandom): Buffer {
  const head = source.request(random).subarray(0, 12)
  return sized(Buffer.concat([head, random.bytes(random.below(600))]))
}

function unservedVersion(bytes: Buffer, random: SeededRandom): Buffer {
  bytes.writeInt16BE(pick(random, [-1, 99, 32_767, -32_768, 20]), 6)
  return bytes
}

function unknownApi(bytes: Buffer, random: SeededRandom): Buffer {
  bytes.writeInt16BE(pick(random, [-1, 94, 1_000, 32_767, -32_768, 4, 5, 6]), 4)
  return bytes
}

function impossibleSize(random: SeededRandom): Buffer {
  const bytes = random.bytes(4 + random.below(60))
  bytes.writeInt32BE(pick(random, SIZES), 0)
  return bytes
}

/** Printable runs become bytes that no UTF-8 has. */
function noUtf8(bytes: Buffer, random: SeededRandom): Buffer {
  for (let at = 14; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x61 && byte <= 0x7a && random.chance(0.7)) bytes[at] = pick(random, [0xff, 0xfe, 0xc0, 0x80, 0xed])
  }
  return bytes
}
