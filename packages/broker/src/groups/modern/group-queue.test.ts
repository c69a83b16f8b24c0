import { describe, expect, it } from 'vitest'
import { GroupQueue } from './group-queue.ts'

describe('the queue of a group', () => {
  it('holds back what comes while an operation is under way, and keeps the order', () => {
    const queue = new GroupQueue()
    const told: string[] = []
    let free = (): void => {}
    queue.run('g', (done) => {
      told.push('first')
      free = done
    })
    for (const name of ['second', 'third'])
      queue.run('g', (done) => {
        told.push(name)
        done()
      })
    queue.run('other', (done) => {
      told.push('other')
      done()
    })
    expect(told).toEqual(['first', 'other'])
    free()
    expect(told).toEqual(['first', 'other', 'second', 'third'])
    expect(queue.isBusy('g')).toBe(false)
  })

  it('does not deepen the stack with operations that end at once', () => {
    const queue = new GroupQueue()
    let free = (): void => {}
    let count = 0
    queue.run('g', (done) => (free = done))
    for (let index = 0; index < 20_000; index++)
      queue.run('g', (done) => {
        count++
        done()
      })
    free()
    expect(count).toBe(20_000)
  })

  it('lets an operation ask for another of its group', () => {
    const queue = new GroupQueue()
    const told: string[] = []
    queue.run('g', (done) => {
      queue.run('g', (next) => {
        told.push('inner')
        next()
      })
      told.push('outer')
      done()
    })
    expect(told).toEqual(['outer', 'inner'])
  })
})
