import { describe, expect, it } from 'vitest'
import { WriteBacklog, type BacklogUser } from './write-backlog.ts'

function createBacklog(limitBytes: number) {
  const backlog = new WriteBacklog(limitBytes)
  const dropped: string[] = []
  const user = (name: string, unwrittenBytes: number, internal = false): BacklogUser => ({
    internal,
    unwrittenBytes,
    drop: () => dropped.push(name),
  })
  return { backlog, dropped, user }
}

describe('WriteBacklog', () => {
  it('drops those that are behind the longest until the rest fits', () => {
    const { backlog, dropped, user } = createBacklog(100)
    for (const name of ['first', 'second', 'third']) backlog.add(user(name, 30))
    expect(dropped).toEqual([])
    backlog.add(user('fourth', 60))
    expect(dropped).toEqual(['first', 'second'])
  })

  it('counts the bytes of now, and nobody who has caught up', () => {
    const { backlog, dropped, user } = createBacklog(100)
    const reading = { ...user('reading', 90), unwrittenBytes: 90 }
    backlog.add(reading)
    reading.unwrittenBytes = 10
    const gone = user('gone', 80)
    backlog.add(gone)
    backlog.remove(gone)
    backlog.add(user('next', 80))
    expect(dropped).toEqual([])
  })

  it('never drops a node of the cluster', () => {
    const { backlog, dropped, user } = createBacklog(100)
    backlog.add(user('node', 300, true))
    backlog.add(user('client', 10))
    expect(dropped).toEqual(['client'])
  })
})
