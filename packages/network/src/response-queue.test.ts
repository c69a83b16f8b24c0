import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseQueue } from './response-queue.ts'

interface TestRequest {
  readonly number: number
  answered: boolean
}

describe('ResponseQueue', () => {
  it('lets responses leave in request order, in whatever order they become known', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }), (order) => {
        const queue = new ResponseQueue<TestRequest>(5)
        const left: number[] = []
        const all: TestRequest[] = [...Array(12).keys()].map((number) => ({ number, answered: false }))
        let arrived = 0
        const admit = (): void => {
          while (arrived < all.length && !queue.full) {
            const request = all[arrived++] as TestRequest
            queue.push(request)
            expect(queue.start()).toBe(request)
          }
        }
        admit()
        for (const number of order) {
          ;(all[number] as TestRequest).answered = true
          for (let request = queue.takeAnswered(); request !== undefined; request = queue.takeAnswered())
            left.push(request.number)
          admit()
        }
        while (queue.size > 0) {
          for (let request = queue.takeAnswered(); request !== undefined; request = queue.takeAnswered())
            left.push(request.number)
          admit()
        }
        expect(left).toEqual([...Array(12).keys()])
        expect(queue.size).toBe(0)
      }),
    )
  })

  it('does not let go a request that was not started', () => {
    const queue = new ResponseQueue<TestRequest>(2)
    queue.push({ number: 1, answered: true })
    expect(queue.takeAnswered()).toBeUndefined()
    queue.start()
    expect(queue.takeAnswered()?.number).toBe(1)
  })

  it('throws rather than overflow', () => {
    const queue = new ResponseQueue<TestRequest>(1)
    queue.push({ number: 1, answered: false })
    expect(() => queue.push({ number: 2, answered: false })).toThrow(/overflows/)
  })
})
