import { expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { resetDurationMs } from './share-settings.ts'
import { FINAL_EPOCH, INITIAL_EPOCH, rotated, ShareSessions } from './share-sessions.ts'

const TOPIC = 'G1GuElMgRhCyRCAcAcbiGQ'

function sessions(max = 10) {
  const ended: [string, string, boolean][] = []
  const closing: (() => void)[] = []
  const all = new ShareSessions(
    () => max,
    (...args) => ended.push(args),
  )
  const connection = {
    onClose(listener: () => void) {
      closing.push(listener)
      return () => {}
    },
  }
  /** Another connection of the same client. */
  const listeners = new Set<() => void>()
  const second = {
    onClose(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => listeners.forEach((listener) => listener()),
  }
  const proceed = (epoch: number, added: number[] = [], forgotten: number[] = [], memberId = 'm') => {
    const named = (partitions: number[]) => partitions.map((partition) => ({ topicId: TOPIC, partition }))
    return all.proceed({ groupId: 'g', memberId, epoch, added: named(added), forgotten: named(forgotten) }, connection)
  }
  const proceedOnSecond = (epoch: number) =>
    all.proceed({ groupId: 'g', memberId: 'm', epoch, added: [], forgotten: [] }, second)
  return { all, ended, closing, proceed, proceedOnSecond, second }
}

test('a session goes on epoch by epoch and remembers its partitions', () => {
  const { proceed } = sessions()
  expect(proceed(INITIAL_EPOCH, [0, 1]).errorCode).toBe(ErrorCode.NONE)
  expect(proceed(2).errorCode).toBe(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  const { session } = proceed(1, [2], [0])
  expect([...(session?.partitions.values() ?? [])].map(({ partition }) => partition)).toEqual([1, 2])
  expect(proceed(2).errorCode).toBe(ErrorCode.NONE)
})

test('an unknown session is told so, and the final epoch ends a known one', () => {
  const { all, proceed, ended } = sessions()
  expect(proceed(1).errorCode).toBe(ErrorCode.SHARE_SESSION_NOT_FOUND)
  proceed(INITIAL_EPOCH)
  const { session } = proceed(FINAL_EPOCH)
  if (session !== null) all.end(session)
  expect(ended).toEqual([['g', 'm', true]])
  expect(proceed(1).errorCode).toBe(ErrorCode.SHARE_SESSION_NOT_FOUND)
})

test('a session that ends tells its fetch, before what it holds is given back', () => {
  const { proceed, ended } = sessions()
  const { session } = proceed(INITIAL_EPOCH)
  const told: number[] = []
  session?.endListeners.add(() => told.push(ended.length))
  proceed(INITIAL_EPOCH)
  expect([told, ended.length]).toEqual([[0], 1])
})

test('a session that goes on over another connection ends with that one', () => {
  const { proceed, proceedOnSecond, second, ended } = sessions()
  proceed(INITIAL_EPOCH)
  expect(proceedOnSecond(2).errorCode).toBe(ErrorCode.INVALID_SHARE_SESSION_EPOCH)
  expect(proceedOnSecond(1).errorCode).toBe(ErrorCode.NONE)
  expect(proceed(2).errorCode).toBe(ErrorCode.NONE)
  second.close()
  expect(ended).toEqual([])
  expect(proceedOnSecond(3).errorCode).toBe(ErrorCode.NONE)
  second.close()
  expect(ended).toEqual([['g', 'm', true]])
})

test('a session ends with its connection, unless another has taken its place', () => {
  const { all, proceed, ended, closing } = sessions()
  proceed(INITIAL_EPOCH)
  proceed(INITIAL_EPOCH)
  expect(ended).toHaveLength(1)
  closing[0]?.()
  expect(all.size).toBe(1)
  closing[1]?.()
  expect([all.size, ended.length]).toEqual([0, 2])
})

test('no more sessions than allowed', () => {
  const { proceed } = sessions(1)
  proceed(INITIAL_EPOCH)
  expect(proceed(INITIAL_EPOCH, [], [], 'other').errorCode).toBe(ErrorCode.SHARE_SESSION_LIMIT_REACHED)
})

test('every partition is served first in turn', () => {
  const { proceed } = sessions()
  const { session } = proceed(INITIAL_EPOCH, [0, 1, 2])
  if (session === null) throw new Error('no session')
  const firsts = [1, 2, 3, 4].map(() => rotated(session)[0]?.partition)
  expect(firsts).toEqual([0, 1, 2, 0])
})

test.each([
  ['by_duration:P1D', 86_400_000],
  ['by_duration:PT1H30M', 5_400_000],
  ['by_duration:PT0.5S', 500],
  ['latest', null],
])('%s begins %s ms ago', (strategy, expected) => {
  expect(resetDurationMs(strategy)).toBe(expected)
})
