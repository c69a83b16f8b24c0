import { describe, expect, test } from 'vitest'
import { BROKER_TRANSITIONS, BrokerState, type BrokerEvent, type BrokerStateName } from './broker-state.ts'

/** Events that lead from the start to each state. */
const PATHS: Readonly<Record<BrokerStateName, readonly BrokerEvent[]>> = {
  starting: [],
  fenced: ['registered'],
  running: ['registered', 'unfenced'],
  pendingControlledShutdown: ['registered', 'unfenced', 'shutdownAsked'],
  shuttingDown: ['closed'],
}
const EVENTS: readonly BrokerEvent[] = [
  'registered',
  'unfenced',
  'fenced',
  'registrationLost',
  'shutdownAsked',
  'closed',
]

function stateAt(name: BrokerStateName): BrokerState {
  const state = new BrokerState(() => {})
  for (const event of PATHS[name]) state.on(event)
  expect(state.name).toBe(name)
  return state
}

describe('broker state', () => {
  for (const name of Object.keys(PATHS) as BrokerStateName[]) {
    for (const event of EVENTS) {
      const to = BROKER_TRANSITIONS[name][event]
      if (to !== undefined) {
        test(`${name} goes to ${to} when ${event}`, () => {
          const state = stateAt(name)
          state.on(event)
          expect(state.name).toBe(to)
        })
      } else {
        test(`${name} refuses ${event} and stays`, () => {
          const state = stateAt(name)
          expect(() => state.on(event)).toThrow('broker state has no such event')
          expect(state.name).toBe(name)
        })
      }
    }
  }

  test('tells of real changes only', () => {
    const told: string[] = []
    const state = new BrokerState((from, to) => told.push(`${from}>${to}`))
    for (const event of ['registered', 'fenced', 'unfenced', 'unfenced', 'shutdownAsked', 'closed'] as const)
      state.on(event)
    expect(told).toEqual([
      'starting>fenced',
      'fenced>running',
      'running>pendingControlledShutdown',
      'pendingControlledShutdown>shuttingDown',
    ])
  })
})
