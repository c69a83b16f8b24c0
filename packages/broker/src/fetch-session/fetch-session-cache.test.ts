import { World } from '@millrace/testkit/world'
import { describe, expect, it } from 'vitest'
import { FetchSessionCache } from './fetch-session-cache.ts'
import { nextEpoch } from './fetch-session.ts'

function createCache(slots: number) {
  const world = new World({ seed: 1 })
  const cache = new FetchSessionCache(world.addHost('broker-1'), () => slots)
  const create = (privileged: boolean, size: number) => {
    const session = cache.create({ privileged, byId: false, size })
    for (let partition = 0; partition < size; partition++) {
      session?.set({
        topic: 't',
        topicId: '',
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: 0,
        lastFetchedEpoch: -1,
        logStartOffset: -1,
        maxBytes: 1,
      })
    }
    return session
  }
  return { world, cache, create }
}

describe('FetchSessionCache', () => {
  it('gives no session when all slots are in recent use', () => {
    const { cache, create } = createCache(2)
    expect(create(false, 1)?.id).toBeGreaterThan(0)
    expect(create(false, 1)).not.toBeNull()
    expect(create(true, 100)).toBeNull()
    expect(cache.size).toBe(2)
  })

  it('evicts a session that was not used for two minutes', () => {
    const { world, cache, create } = createCache(2)
    const first = create(true, 50)
    const second = create(false, 1)
    world.advance(119_000)
    if (second !== null) cache.touch(second)
    world.advance(2_000)
    expect(create(false, 1)).not.toBeNull()
    expect(cache.get(first?.id ?? 0)).toBeUndefined()
    expect(cache.get(second?.id ?? 0)).toBe(second)
  })

  it('prefers followers to consumers and larger sessions to smaller ones, once they are old enough', () => {
    const { world, cache, create } = createCache(3)
    const sessions = [create(false, 5), create(false, 2), create(true, 1)]
    for (let minute = 0; minute < 3; minute++) {
      world.advance(60_000)
      for (const session of sessions) if (session !== null) cache.touch(session)
    }
    expect(create(false, 2)).toBeNull()
    expect(create(false, 3)).not.toBeNull()
    expect(cache.get(sessions[1]?.id ?? 0)).toBeUndefined()
    expect(create(true, 1)).not.toBeNull()
    expect(cache.get(sessions[0]?.id ?? 0)).toBeUndefined()
    expect(cache.get(sessions[2]?.id ?? 0)).toBe(sessions[2])
  })

  it('keeps no session at all with no slots', () => {
    expect(createCache(0).create(true, 1)).toBeNull()
  })

  it('lets epochs wrap to 1, never to 0', () => {
    expect(nextEpoch(0)).toBe(1)
    expect(nextEpoch(0x7fff_fffe)).toBe(0x7fff_ffff)
    expect(nextEpoch(0x7fff_ffff)).toBe(1)
  })
})
