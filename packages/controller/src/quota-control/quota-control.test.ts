import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { after, broker, stateOf } from '../testing/decision-fixture.ts'
import type { ControlState } from '../decision.ts'
import { createTopics } from '../replication-control/create-topics.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { MutationQuotas } from './mutation-quotas.ts'

const ALICE = [{ entityType: 'user', entityName: 'alice' }]
const set = (key: string, value: number): { key: string; value: number; remove: boolean } => ({
  key,
  value,
  remove: false,
})
const alter = (
  state: ControlState,
  ops: readonly { key: string; value: number; remove: boolean }[],
  validateOnly = false,
): ReturnType<typeof alterClientQuotas> =>
  alterClientQuotas(state, { entries: [{ entity: ALICE, ops: [...ops] }], validateOnly })
const bodies = (records: readonly MetadataRecord[]): unknown[] => records.map(({ body }) => body)

describe('AlterClientQuotas', () => {
  const before = stateOf([])

  test('writes what changes, and nothing twice', () => {
    const first = alter(before, [set('producer_byte_rate', 1024), set('consumer_byte_rate', 2048)])
    expect(first.response.entries).toEqual([{ errorCode: 0, errorMessage: null, entity: ALICE }])
    expect(bodies(first.records)).toEqual([
      { entity: ALICE, key: 'producer_byte_rate', value: 1024, remove: false },
      { entity: ALICE, key: 'consumer_byte_rate', value: 2048, remove: false },
    ])
    const state = after(before, first)
    expect(alter(state, [set('producer_byte_rate', 1024)]).records).toEqual([])
    const removal = alter(state, [{ key: 'producer_byte_rate', value: 0, remove: true }])
    expect(bodies(removal.records)).toEqual([{ entity: ALICE, key: 'producer_byte_rate', value: 0, remove: true }])
    expect([...after(state, removal).image.clientQuotas.values()][0]?.values).toEqual(
      new Map([['consumer_byte_rate', 2048]]),
    )
  })

  test('only validates when that is asked', () => {
    const decision = alter(before, [set('producer_byte_rate', 1024)], true)
    expect(decision.records).toEqual([])
    expect(decision.response.entries[0]?.errorCode).toBe(ErrorCode.NONE)
  })

  test('one bad entity does not fail the others', () => {
    const { records, response } = alterClientQuotas(before, {
      entries: [
        { entity: [], ops: [set('producer_byte_rate', 1)] },
        { entity: ALICE, ops: [set('no_such_key', 1)] },
        { entity: [{ entityType: 'client-id', entityName: null }], ops: [set('producer_byte_rate', 1)] },
      ],
      validateOnly: false,
    })
    expect(response.entries.map(({ errorCode }) => errorCode)).toEqual([42, 42, 0])
    expect(records).toHaveLength(1)
  })
})

describe('controller_mutation_rate', () => {
  const decided = alter(stateOf([broker(1)]), [set('controller_mutation_rate', 2)])
  const state = after(stateOf([broker(1)]), decided)
  const create = (
    quotas: MutationQuotas,
    apiVersion: number,
    name: string,
    numPartitions: number,
    principal = 'User:alice',
  ): { errorCode: number | undefined; throttleTimeMs: number | undefined } => {
    const quota = quotas.of({ apiVersion, clientId: 'admin', connection: { principal } }, 6)
    const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }]
    const { response } = createTopics(state, { topics, timeoutMs: 1000, validateOnly: false }, quota)
    return { errorCode: response.topics[0]?.errorCode, throttleTimeMs: response.throttleTimeMs }
  }
  const quotasAt = (clock: { ms: number }): MutationQuotas =>
    new MutationQuotas({
      host: { clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms } },
      image: () => state.image,
      windows: { count: 11, sizeMs: 1000 },
    })

  test('strict clients are refused while their credit is overdrawn, and told when it is not', () => {
    const clock = { ms: 0 }
    const quotas = quotasAt(clock)
    expect(create(quotas, 7, 'a', 30)).toEqual({ errorCode: 0, throttleTimeMs: 0 })
    expect(create(quotas, 7, 'b', 1)).toEqual({ errorCode: 89, throttleTimeMs: 4000 })
    clock.ms = 4000
    expect(create(quotas, 7, 'b', 1)).toEqual({ errorCode: 0, throttleTimeMs: 0 })
  })

  test('older clients get what they ask, with a throttle time', () => {
    const quotas = quotasAt({ ms: 0 })
    expect(create(quotas, 5, 'a', 30)).toEqual({ errorCode: 0, throttleTimeMs: 4000 })
    expect(create(quotas, 5, 'b', 2)).toEqual({ errorCode: 0, throttleTimeMs: 5000 })
  })

  test('others are not limited', () => {
    const quotas = quotasAt({ ms: 0 })
    expect(create(quotas, 7, 'a', 100, 'User:bob')).toEqual({ errorCode: 0, throttleTimeMs: 0 })
    expect(create(quotas, 7, 'b', 100, 'User:bob')).toEqual({ errorCode: 0, throttleTimeMs: 0 })
  })
})
