import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  decideInitialize,
  decideRead,
  decideWrite,
  DeliveryState,
  type ShareState,
  type StateBatch,
} from './share-state.ts'
import { combineBatches } from './state-batches.ts'
import { readShareRecord, snapshotRecord, updateRecord } from './share-state-records.ts'

const { ACKNOWLEDGED, ARCHIVED, AVAILABLE } = DeliveryState

function batch(
  firstOffset: number,
  lastOffset: number,
  deliveryState: number = ACKNOWLEDGED,
  deliveryCount = 1,
): StateBatch {
  return { firstOffset, lastOffset, deliveryState, deliveryCount }
}

function known(more: Partial<ShareState> = {}): ShareState {
  return {
    snapshotEpoch: 0,
    stateEpoch: 1,
    leaderEpoch: 3,
    startOffset: 10,
    deliveryCompleteCount: 0,
    createTimestampMs: 1,
    writeTimestampMs: 1,
    stateBatches: [],
    updates: 0,
    ...more,
  }
}

const write = { stateEpoch: 1, leaderEpoch: 3, startOffset: 10, deliveryCompleteCount: 0, stateBatches: [] }

describe('the state of a share partition', () => {
  it('is initialized once; repeated, it forgets nothing', () => {
    const first = decideInitialize(undefined, { stateEpoch: 1, startOffset: -1 }, 5)
    expect(first).toMatchObject({ kind: 'snapshot', state: { stateEpoch: 1, startOffset: -1, snapshotEpoch: 0 } })
    expect(decideInitialize(known(), { stateEpoch: 1, startOffset: 0 }, 5)).toEqual({ kind: 'unchanged' })
    expect(decideInitialize(known(), { stateEpoch: 2, startOffset: -1 }, 5)).toEqual({ kind: 'unchanged' })
  })

  it('begins anew at the offset that a later state epoch brings', () => {
    const state = known({ stateBatches: [batch(12, 14)] })
    expect(decideInitialize(state, { stateEpoch: 2, startOffset: 0 }, 5)).toMatchObject({
      kind: 'snapshot',
      state: { stateEpoch: 2, startOffset: 0, stateBatches: [], snapshotEpoch: 1 },
    })
    expect(decideInitialize(state, { stateEpoch: 0, startOffset: 0 }, 5)).toMatchObject({
      errorCode: ErrorCode.FENCED_STATE_EPOCH,
    })
  })

  it('fences leaders and state epochs that were overtaken', () => {
    expect(decideWrite(known(), { ...write, leaderEpoch: 2 }, 500, 5)).toMatchObject({
      errorCode: ErrorCode.FENCED_LEADER_EPOCH,
    })
    expect(decideWrite(known(), { ...write, stateEpoch: 0 }, 500, 5)).toMatchObject({
      errorCode: ErrorCode.FENCED_STATE_EPOCH,
    })
    expect(decideRead(known(), { leaderEpoch: 2 }, 5)).toMatchObject({ errorCode: ErrorCode.FENCED_LEADER_EPOCH })
    expect(decideRead(known(), { leaderEpoch: 3 }, 5)).toEqual({ kind: 'unchanged' })
    expect(decideRead(known(), { leaderEpoch: 4 }, 5)).toMatchObject({ kind: 'update', state: { leaderEpoch: 4 } })
  })

  it('is written as an update, and as a snapshot when there have been enough', () => {
    const update = { ...write, startOffset: 12, stateBatches: [batch(14, 15)] }
    const decided = decideWrite(known(), update, 2, 5)
    expect(decided).toMatchObject({ kind: 'update', delta: [batch(14, 15)], state: { startOffset: 12, updates: 1 } })
    expect(decideWrite(known({ updates: 2 }), update, 2, 5)).toMatchObject({
      kind: 'snapshot',
      state: { snapshotEpoch: 1, updates: 0, stateBatches: [batch(14, 15)] },
    })
  })

  it('never moves the start offset back', () => {
    expect(decideWrite(known({ startOffset: 20 }), write, 500, 5)).toMatchObject({ state: { startOffset: 20 } })
  })
})

describe('combineBatches', () => {
  it.each<[string, StateBatch[], StateBatch[], number, StateBatch[]]>([
    [
      'newer over older',
      [batch(0, 9)],
      [batch(3, 5, AVAILABLE, 2)],
      0,
      [batch(0, 2), batch(3, 5, AVAILABLE, 2), batch(6, 9)],
    ],
    ['neighbours alike', [batch(0, 4)], [batch(5, 9)], 0, [batch(0, 9)]],
    [
      'neighbours of another count',
      [batch(0, 4)],
      [batch(5, 9, ACKNOWLEDGED, 2)],
      0,
      [batch(0, 4), batch(5, 9, ACKNOWLEDGED, 2)],
    ],
    ['one that covers several', [batch(0, 1), batch(4, 5)], [batch(0, 9, ARCHIVED)], 0, [batch(0, 9, ARCHIVED)]],
    ['the start offset cuts', [batch(0, 4), batch(6, 9)], [], 3, [batch(3, 4), batch(6, 9)]],
    ['before all others', [batch(5, 9)], [batch(0, 2)], 0, [batch(0, 2), batch(5, 9)]],
  ])('%s', (_name, older, newer, startOffset, expected) => {
    expect(combineBatches(older, newer, startOffset)).toEqual(expected)
  })
})

describe('a write that comes late', () => {
  const write = (stateBatches: StateBatch[], startOffset = 10) => ({
    ...{ stateEpoch: 1, leaderEpoch: 3, deliveryCompleteCount: 0 },
    startOffset,
    stateBatches,
  })
  const after = (writes: readonly ReturnType<typeof write>[]): ShareState =>
    writes.reduce((state, each) => {
      const decided = decideWrite(state, each, 500, 5)
      if (decided.kind !== 'update' && decided.kind !== 'snapshot') throw new Error(decided.kind)
      return decided.state
    }, known())

  it('does not make available again what was acknowledged since', () => {
    const released = write([batch(12, 15, AVAILABLE)])
    const acknowledged = write([batch(13, 14, ACKNOWLEDGED, 2)])
    const wanted = [batch(12, 12, AVAILABLE), batch(13, 14, ACKNOWLEDGED, 2), batch(15, 15, AVAILABLE)]
    expect(after([released, acknowledged, released]).stateBatches).toEqual(wanted)
  })

  it('of as many deliveries counts for less than a later state', () => {
    const states = [write([batch(12, 12, ACKNOWLEDGED)]), write([batch(12, 12, AVAILABLE)])]
    expect(after(states).stateBatches).toEqual([batch(12, 12, ACKNOWLEDGED)])
    expect(after([...states, write([batch(12, 12, AVAILABLE, 2)])]).stateBatches).toEqual([batch(12, 12, AVAILABLE, 2)])
  })

  it('and the others may come in any order', () => {
    const writes = [
      write([batch(10, 19, AVAILABLE)]),
      write([batch(12, 14, ACKNOWLEDGED, 2), batch(16, 16, ARCHIVED, 2)]),
      write([batch(11, 12, AVAILABLE, 2), batch(18, 25, AVAILABLE)]),
      write([batch(10, 11, ACKNOWLEDGED, 3)], 12),
      write([batch(15, 15, ACKNOWLEDGED), batch(22, 30, ACKNOWLEDGED)]),
    ]
    const { stateBatches, startOffset } = after(writes)
    for (let rotation = 1; rotation < writes.length; rotation++) {
      const rotated = [...writes.slice(rotation), ...writes.slice(0, rotation)]
      for (const order of [rotated, rotated.toReversed()])
        expect(after(order)).toMatchObject({ startOffset, stateBatches })
    }
  })
})

describe('records of __share_group_state', () => {
  const id = { groupId: 'sg', topicId: 'G1GuElMgRhCyRCAcAcbiGQ', partition: 0 }
  const key = '000273671b51ae1253204610b244201c01c6e21900000000'
  // As Apache Kafka 4.1.1 wrote them for a group that had acknowledged five records.
  const snapshot =
    '00000000000000000001' + '00000000' + 'ffffffffffffffff' + '000001a1fe6ef378000001a1fe6ef378' + '0100'
  const update =
    '0000' +
    '00000000' +
    '00000000' +
    '0000000000000000' +
    '02' +
    '00000000000000000000000000000004' +
    '02' +
    '0001' +
    '00' +
    '00'

  it('reads and writes snapshots as Kafka 4.1 has them', () => {
    const read = readShareRecord(Buffer.from(`0000${key}`, 'hex'), Buffer.from(snapshot, 'hex'))
    const createTimestampMs = 1_795_270_046_584
    const state = { ...known({ leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1 }), createTimestampMs }
    expect(read).toEqual({ kind: 'snapshot', id, state: { ...state, writeTimestampMs: createTimestampMs } })
    const written = snapshotRecord(id, { ...state, writeTimestampMs: createTimestampMs })
    expect([hex(written.key), hex(written.value)]).toEqual([`0000${key}`, snapshot])
  })

  it('reads and writes updates as Kafka 4.1 has them', () => {
    const read = readShareRecord(Buffer.from(`0001${key}`, 'hex'), Buffer.from(update, 'hex'))
    expect(read).toMatchObject({ kind: 'update', id, update: { startOffset: 0, stateBatches: [batch(0, 4)] } })
    const state = known({ leaderEpoch: 0, startOffset: 0, deliveryCompleteCount: -1 })
    const written = updateRecord(id, state, [batch(0, 4)])
    expect([hex(written.key), hex(written.value)]).toEqual([`0001${key}`, update])
  })

  it('passes over records of other types, and refuses cut-off ones', () => {
    expect(readShareRecord(Buffer.from('0009', 'hex'), null)).toEqual({ kind: 'unknown' })
    expect(() => readShareRecord(Buffer.from(`0000${key}`, 'hex'), Buffer.from('0000000000', 'hex'))).toThrow()
  })

  function hex(bytes: Uint8Array | null | undefined): string {
    return Buffer.from(bytes ?? []).toString('hex')
  }
})
