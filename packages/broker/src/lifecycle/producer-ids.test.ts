import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { createFakeChannel } from './fake-channel.ts'
import { ProducerIds } from './producer-ids.ts'

describe('producer ids', () => {
  test('come from one block until it is used up, asked for once', () => {
    const channel = createFakeChannel()
    const producerIds = new ProducerIds({ nodeId: 1, brokerEpoch: () => 5, channel })
    const given: number[] = []
    for (let count = 0; count < 3; count++) producerIds.next((_error, id) => given.push(id))
    expect(channel.sent).toHaveLength(1)
    expect(channel.sent[0]?.body).toEqual({ brokerId: 1, brokerEpoch: 5 })
    channel.sent.shift()?.answer({ errorCode: 0, producerIdStart: 2000, producerIdLen: 2 })
    expect(given).toEqual([2000, 2001])
    channel.sent.shift()?.answer({ errorCode: 0, producerIdStart: 7000, producerIdLen: 1000 })
    expect(given).toEqual([2000, 2001, 7000])
    producerIds.next((_error, id) => given.push(id))
    expect(given.at(-1)).toBe(7001)
    expect(channel.sent).toHaveLength(0)
  })

  test('are refused in a way that clients retry while the controller is away', () => {
    const channel = createFakeChannel()
    const producerIds = new ProducerIds({ nodeId: 1, brokerEpoch: () => 5, channel })
    const answers: string[] = []
    producerIds.next((error, id) => answers.push(`${error}:${id}`))
    channel.sent.shift()?.fail('connection refused')
    expect(answers).toEqual([`${ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}:-1`])
    producerIds.next((error, id) => answers.push(`${error}:${id}`))
    channel.sent.shift()?.answer({ errorCode: 0, producerIdStart: 0, producerIdLen: 1000 })
    expect(answers.at(-1)).toBe('0:0')
  })
})
