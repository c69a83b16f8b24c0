import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import type { CreateTopicsRequest } from '@millrace/protocol/messages/19-create-topics'
import { ZERO_UUID } from '@millrace/base/uuid'
import type { ControlState } from '../decision.ts'
import { TOPIC_ID, after, broker, stateOf, topic } from '../testing/decision-fixture.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { placeReplicas } from './placement.ts'
import { SeededRandom } from '@millrace/testkit/seeded-random'

type Creatable = CreateTopicsRequest['topics'][number]

const state: ControlState = stateOf([
  broker(1),
  broker(2),
  broker(3),
  ...topic('taken', TOPIC_ID, [{ replicas: [1] }]),
  ...topic('with.dot', 'd2l0aCBhIGRvdCBpbiBpdA', [{ replicas: [1] }]),
])

function wish(overrides: Partial<Creatable>): Creatable {
  return { name: 'orders', numPartitions: 3, replicationFactor: 2, assignments: [], configs: [], ...overrides }
}

function create(overrides: Partial<Creatable>, from: ControlState = state): ReturnType<typeof createTopics> {
  return createTopics(from, { topics: [wish(overrides)], timeoutMs: 1000, validateOnly: false })
}

describe('CreateTopics', () => {
  test('topic, configs and partitions are one append; leader and ISR are the live replicas', () => {
    const decision = create({ configs: [{ name: 'retention.ms', value: '5' }] })
    expect(decision.records.map(({ type }) => type)).toEqual([2, 4, 3, 3, 3])
    const made = after(state, decision).image.topicsByName.get('orders')
    for (const partition of made?.partitions ?? []) {
      expect(partition).toMatchObject({
        isr: partition.replicas,
        leader: partition.replicas[0],
        leaderEpoch: 0,
        partitionEpoch: 0,
      })
      expect(new Set(partition.replicas).size).toBe(2)
    }
    const result = decision.response.topics[0]
    expect(result).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 2, topicId: made?.id })
    expect(result?.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '5',
      configSource: 1,
      readOnly: false,
    })
    expect(result?.configs?.find(({ name }) => name === 'segment.bytes')).toMatchObject({
      value: '1073741824',
      configSource: 5,
    })
  })

  test('−1 takes partitions and replication factor from the broker defaults', () => {
    const from = stateOf([broker(1), broker(2), broker(3)], {
      properties: { 'num.partitions': '4', 'default.replication.factor': '3' },
    })
    expect(create({ numPartitions: -1, replicationFactor: -1 }, from).response.topics[0]).toMatchObject({
      errorCode: 0,
      numPartitions: 4,
      replicationFactor: 3,
    })
  })

  const given = (...lists: number[][]): Partial<Creatable> => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments: lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  })
  const config = (name: string, value: string | null): Partial<Creatable> => ({ configs: [{ name, value }] })
  const REFUSALS: readonly [string, Partial<Creatable>, number, RegExp][] = [
    ['an existing name', { name: 'taken' }, ErrorCode.TOPIC_ALREADY_EXISTS, /^Topic 'taken' already exists\.$/],
    ['an empty name', { name: '' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /empty string/],
    ['a dot', { name: '..' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /'\.\.' is not allowed/],
    ['a space', { name: 'a b' }, ErrorCode.INVALID_TOPIC_EXCEPTION, /ASCII alphanumerics/],
    [
      '250 characters',
      { name: 'x'.repeat(250) },
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      /longer than the max allowed length 249/,
    ],
    [
      'a collision of . and _',
      { name: 'with_dot' },
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      /collides with existing topic: with\.dot/,
    ],
    ['no partitions', { numPartitions: 0 }, ErrorCode.INVALID_PARTITIONS, /non-positive/],
    ['−2 partitions', { numPartitions: -2 }, ErrorCode.INVALID_PARTITIONS, /non-positive/],
    ['replication factor 0', { replicationFactor: 0 }, ErrorCode.INVALID_REPLICATION_FACTOR, /larger than 0/],
    [
      'more replicas than brokers',
      { replicationFactor: 4 },
      ErrorCode.INVALID_REPLICATION_FACTOR,
      /only 3 broker\(s\) are registered/,
    ],
    ['far too many partitions', { numPartitions: 20_000 }, ErrorCode.POLICY_VIOLATION, /Excessively large/],
    ['an unknown config', config('no.such', '1'), ErrorCode.INVALID_CONFIG, /Unknown topic config name: no\.such/],
    [
      'a config out of range',
      config('segment.bytes', '5'),
      ErrorCode.INVALID_CONFIG,
      /Invalid value 5 for configuration segment\.bytes: Value must be at least 14/,
    ],
    ['a config of the wrong type', config('retention.ms', 'x'), ErrorCode.INVALID_CONFIG, /Not a number of type LONG/],
    ['a null config', config('retention.ms', null), ErrorCode.INVALID_CONFIG, /Null value not supported/],
    [
      'an assignment with a count',
      { ...given([1]), numPartitions: 1 },
      ErrorCode.INVALID_REQUEST,
      /numPartitions was not set to -1/,
    ],
    [
      'an assignment with a replication factor',
      { ...given([1]), replicationFactor: 1 },
      ErrorCode.INVALID_REQUEST,
      /replication factor was not set to -1/,
    ],
    ['an unknown broker', given([1, 9]), ErrorCode.INVALID_REPLICA_ASSIGNMENT, /no such broker is registered/],
    ['a broker twice', given([1, 1]), ErrorCode.INVALID_REPLICA_ASSIGNMENT, /more than once/],
    ['an empty list', given([]), ErrorCode.INVALID_REPLICA_ASSIGNMENT, /empty replica list/],
    [
      'lists of different length',
      given([1, 2], [1]),
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      /not consistent with previous partitions/,
    ],
    [
      'a gap',
      { ...given(), assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      /consecutive 0-based/,
    ],
  ]
  test.each(REFUSALS)('%s is refused', (_, overrides, errorCode, message) => {
    const decision = create(overrides)
    expect(decision.records).toEqual([])
    expect(decision.response.topics[0]).toMatchObject({ errorCode, numPartitions: -1, replicationFactor: -1 })
    expect(decision.response.topics[0]?.errorMessage).toMatch(message)
  })

  test('a name twice in a request is refused once, the others are made', () => {
    const decision = createTopics(state, {
      topics: [wish({}), wish({ name: 'twice' }), wish({ name: 'twice' })],
      timeoutMs: 1,
      validateOnly: false,
    })
    expect(decision.response.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['orders', 0],
      ['twice', ErrorCode.INVALID_REQUEST],
    ])
  })

  test('two topics of one request that collide: the later is refused', () => {
    const decision = createTopics(state, {
      topics: [wish({ name: 'a.b' }), wish({ name: 'a_b' })],
      timeoutMs: 1,
      validateOnly: false,
    })
    expect(decision.response.topics.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_TOPIC_EXCEPTION])
  })

  test('fifty thousand names that could collide are looked at once each', () => {
    const names = Array.from({ length: 50_000 }, (_, index) => `a.${String(index).padStart(6, '0')}`)
    const topics = names.map((name) => wish({ name, numPartitions: 1, replicationFactor: 1 }))
    const { response } = createTopics(state, { topics, timeoutMs: 1, validateOnly: true })
    expect(response.topics).toHaveLength(names.length)
    // Quadratic, this takes minutes.
  }, 60_000)

  test('validateOnly answers and writes nothing', () => {
    const decision = createTopics(state, { topics: [wish({})], timeoutMs: 1, validateOnly: true })
    expect(decision.records).toEqual([])
    expect(decision.response.topics[0]?.errorCode).toBe(0)
  })

  test('fenced brokers take replicas when needed, but neither lead nor are in the ISR', () => {
    const from = stateOf([broker(1), broker(2, { fenced: true })])
    const made = after(from, create({}, from)).image.topicsByName.get('orders')
    for (const partition of made?.partitions ?? [])
      expect(partition).toMatchObject({ replicas: [1, 2], leader: 1, isr: [1] })
  })
})

describe('placement', () => {
  const brokers = [1, 2, 3, 4, 5, 6].map((id) => ({ id, rack: `az${(id - 1) % 3}`, fenced: false }))

  test('replicas of a partition are in different racks, and leaders are spread evenly', () => {
    for (let seed = 0; seed < 20; seed++) {
      const placed = placeReplicas({
        brokers,
        partitionCount: 12,
        replicationFactor: 3,
        random: new SeededRandom(seed),
      })
      if ('refused' in placed) throw new Error(placed.refused)
      const leaders = new Map<number, number>()
      for (const replicas of placed) {
        expect(new Set(replicas.map((id) => (id - 1) % 3)).size).toBe(3)
        leaders.set(replicas[0] ?? -1, (leaders.get(replicas[0] ?? -1) ?? 0) + 1)
      }
      expect([...leaders.values()].every((count) => count === 2)).toBe(true)
    }
  })

  test('racks of different size: every broker of the fullest rack gets its share, none twice in a partition', () => {
    const uneven = [...brokers.slice(0, 3), { id: 7, rack: 'az0', fenced: false }]
    const placed = placeReplicas({
      brokers: uneven,
      partitionCount: 30,
      replicationFactor: 4,
      random: new SeededRandom(1),
    })
    if ('refused' in placed) throw new Error(placed.refused)
    for (const replicas of placed) expect([...replicas].sort((a, b) => a - b)).toEqual([1, 2, 3, 7])
  })

  test('a fenced broker never leads', () => {
    const half = brokers.map((each) => ({ ...each, fenced: each.rack === 'az0' }))
    for (let seed = 0; seed < 20; seed++) {
      for (const replicationFactor of [1, 2, 3, 6]) {
        const placed = placeReplicas({
          brokers: half,
          partitionCount: 9,
          replicationFactor,
          random: new SeededRandom(seed),
        })
        if ('refused' in placed) throw new Error(placed.refused)
        for (const replicas of placed) {
          expect(half.find(({ id }) => id === replicas[0])?.fenced).toBe(false)
          expect(new Set(replicas).size).toBe(replicationFactor)
        }
      }
    }
  })

  test('without an unfenced broker there is no placement', () => {
    expect(
      placeReplicas({
        brokers: [{ id: 1, rack: null, fenced: true }],
        partitionCount: 1,
        replicationFactor: 1,
        random: new SeededRandom(1),
      }),
    ).toEqual({
      refused: 'All brokers are currently fenced.',
    })
  })
})

describe('DeleteTopics', () => {
  const remove = (topics: { name: string | null; topicId: string }[], from = state): ReturnType<typeof deleteTopics> =>
    deleteTopics(from, { topics, topicNames: [], timeoutMs: 1 }, 6)

  test('a topic goes by name or by id, with its configs', () => {
    const from = after(state, create({ configs: [{ name: 'retention.ms', value: '5' }] }))
    const gone = after(
      from,
      remove(
        [
          { name: 'orders', topicId: ZERO_UUID },
          { name: null, topicId: TOPIC_ID },
        ],
        from,
      ),
    ).image
    expect([...gone.topicsByName.keys()]).toEqual(['with.dot'])
    expect(gone.configs.size).toBe(0)
  })

  test.each([
    ['an unknown name', { name: 'none', topicId: ZERO_UUID }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown id', { name: null, topicId: 'bm8gc3VjaCB0b3BpYyBpZA' }, ErrorCode.UNKNOWN_TOPIC_ID],
    ['name and id', { name: 'taken', topicId: TOPIC_ID }, ErrorCode.INVALID_REQUEST],
    ['neither', { name: null, topicId: ZERO_UUID }, ErrorCode.INVALID_REQUEST],
  ])('%s is refused', (_, wanted, errorCode) => {
    expect(remove([wanted]).response.responses[0]?.errorCode).toBe(errorCode)
  })

  test('delete.topic.enable=false refuses all', () => {
    const from = stateOf(topic('taken', TOPIC_ID, [{ replicas: [1] }]), {
      properties: { 'delete.topic.enable': 'false' },
    })
    expect(remove([{ name: 'taken', topicId: ZERO_UUID }], from).response.responses[0]?.errorCode).toBe(
      ErrorCode.TOPIC_DELETION_DISABLED,
    )
  })
})

describe('CreatePartitions', () => {
  const add = (
    count: number,
    assignments: { brokerIds: number[] }[] | null = null,
    name = 'taken',
  ): ReturnType<typeof createPartitions> =>
    createPartitions(state, { topics: [{ name, count, assignments }], timeoutMs: 1, validateOnly: false })

  test('new partitions continue the ids with the topic’s replication factor', () => {
    const made = after(state, add(3)).image.topicsByName.get('taken')
    expect(made?.partitions.length).toBe(3)
    expect(made?.partitions[2]?.replicas.length).toBe(1)
  })

  test('a name twice in a request is refused once, the others are answered', () => {
    const wishes = ['taken', 'none', 'taken'].map((name) => ({ name, count: 2, assignments: null }))
    const { records, response } = createPartitions(state, { topics: wishes, timeoutMs: 1, validateOnly: false })
    expect(records).toEqual([])
    expect(response.results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['taken', ErrorCode.INVALID_REQUEST],
      ['none', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ])
  })

  test('a hundred thousand names are looked at once each', () => {
    const topics = Array.from({ length: 100_000 }, (_, index) => ({ name: `t${index}`, count: 2, assignments: null }))
    const startedMs = performance.now()
    const { response } = createPartitions(state, { topics, timeoutMs: 1, validateOnly: false })
    // Quadratic, this took twenty seconds: longer than the controller's brokers have.
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    expect(response.results).toHaveLength(topics.length)
  })

  test.each([
    ['the same count', add(1), ErrorCode.INVALID_PARTITIONS],
    ['a smaller count', add(0), ErrorCode.INVALID_PARTITIONS],
    ['an unknown topic', add(2, null, 'none'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['too few assignments', add(3, [{ brokerIds: [1] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', add(2, [{ brokerIds: [9] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['another replication factor', add(2, [{ brokerIds: [1, 2] }]), ErrorCode.INVALID_REPLICA_ASSIGNMENT],
  ])('%s is refused', (_, decision, errorCode) => {
    expect(decision.records).toEqual([])
    expect(decision.response.results[0]?.errorCode).toBe(errorCode)
  })
})
