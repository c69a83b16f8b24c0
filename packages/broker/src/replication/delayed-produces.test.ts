import { describe, expect, test } from 'vitest'
import { World } from '@millrace/testkit/world'
import { DelayedProduces } from './delayed-produces.ts'

function setUp(): {
  world: World
  delayed: DelayedProduces
  answers: string[]
  add: (name: string, offset: number, timeoutMs: number) => void
} {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker')
  const delayed = new DelayedProduces(host, 7)
  const answers: string[] = []
  const add = (name: string, requiredOffset: number, timeoutMs: number): void =>
    delayed.add({
      requiredOffset,
      deadlineMs: host.clock.monotonicMs() + timeoutMs,
      baseOffset: requiredOffset - 1,
      logAppendTimeMs: -1,
      done: (errorCode, baseOffset) => answers.push(`${name}:${errorCode}:${baseOffset}`),
    })
  return { world, delayed, answers, add }
}

describe('delayed produces', () => {
  test('are answered in order up to the high watermark', () => {
    const { delayed, answers, add } = setUp()
    add('a', 1, 1000)
    add('b', 2, 1000)
    add('c', 3, 1000)
    delayed.complete(2, 0)
    expect(answers).toEqual(['a:0:0', 'b:0:1'])
    expect(delayed.size).toBe(1)
  })

  test('a repeated batch that waits for an earlier offset is not held up by later ones', () => {
    const { delayed, answers, add } = setUp()
    add('late', 10, 1000)
    add('repeated', 5, 1000)
    delayed.complete(5, 0)
    expect(answers).toEqual(['repeated:0:4'])
  })

  test('each times out at its own deadline', () => {
    const { world, answers, add } = setUp()
    add('long', 1, 1000)
    add('short', 2, 100)
    world.advance(101)
    expect(answers).toEqual(['short:7:-1'])
    world.advance(900)
    expect(answers).toEqual(['short:7:-1', 'long:7:-1'])
  })

  test('one that was answered does not time out, and one added after that does', () => {
    const { world, delayed, answers, add } = setUp()
    add('a', 1, 100)
    delayed.complete(1, 0)
    add('b', 2, 300)
    world.advance(200)
    expect(answers).toEqual(['a:0:0'])
    world.advance(101)
    expect(answers).toEqual(['a:0:0', 'b:7:-1'])
  })

  test('all fail at once when leadership is lost', () => {
    const { delayed, answers, add } = setUp()
    add('a', 1, 100)
    add('b', 2, 100)
    delayed.fail(6)
    expect(answers).toEqual(['a:6:-1', 'b:6:-1'])
    expect(delayed.size).toBe(0)
  })
})
