import { expect, test } from 'vitest'
import type { NodeState } from '../engine.ts'
import { type NodeLifeEvent, nextNodeState } from './node-life.ts'

const states: readonly NodeState[] = ['stopped', 'starting', 'running', 'stopping']
const events: readonly NodeLifeEvent[] = ['start', 'adopt', 'ready', 'exit', 'stop']

const legal: Readonly<Record<string, NodeState>> = {
  'stopped start': 'starting',
  'stopped adopt': 'starting',
  'starting ready': 'running',
  'starting exit': 'starting',
  'starting stop': 'stopping',
  'running exit': 'starting',
  'running stop': 'stopping',
  'stopping exit': 'stopped',
}

for (const state of states) {
  for (const event of events) {
    const next = legal[`${state} ${event}`]
    test(
      next === undefined ? `${event} is illegal for a ${state} node` : `${event} makes a ${state} node ${next}`,
      () => {
        if (next === undefined) expect(() => nextNodeState(state, event)).toThrow('a node cannot do this in its state')
        else expect(nextNodeState(state, event)).toBe(next)
      },
    )
  }
}
