import { expect, test } from 'vitest'
import { type ClusterEvent, type ClusterState, clusterStates, nextClusterState } from './cluster-state.ts'

const states: readonly ClusterState[] = [
  'CREATING',
  'ACTIVE',
  'UPDATING',
  'REBOOTING_BROKER',
  'HEALING',
  'DELETING',
  'FAILED',
]
const events: readonly ClusterEvent[] = [
  'created',
  'create-failed',
  'update-accepted',
  'update-ended',
  'reboot-accepted',
  'reboot-ended',
  'node-lost',
  'healed',
  'delete-accepted',
  'delete-failed',
]

/** Written out once more, by hand: the test of a table is another table. */
const legal: Readonly<Record<string, ClusterState>> = {
  'CREATING created': 'ACTIVE',
  'CREATING create-failed': 'FAILED',
  'ACTIVE update-accepted': 'UPDATING',
  'ACTIVE reboot-accepted': 'REBOOTING_BROKER',
  'ACTIVE node-lost': 'HEALING',
  'ACTIVE delete-accepted': 'DELETING',
  'UPDATING update-ended': 'ACTIVE',
  'REBOOTING_BROKER reboot-ended': 'ACTIVE',
  'HEALING healed': 'ACTIVE',
  'HEALING delete-accepted': 'DELETING',
  'DELETING delete-failed': 'FAILED',
  'FAILED delete-accepted': 'DELETING',
}

test('the table knows every state', () => {
  expect(Object.keys(clusterStates).sort()).toEqual([...states].sort())
})

for (const state of states) {
  for (const event of events) {
    const next = legal[`${state} ${event}`]
    if (next === undefined) {
      test(`${event} is illegal in ${state}`, () => {
        expect(() => nextClusterState(state, event)).toThrow('a cluster cannot do this in its state')
      })
    } else {
      test(`${event} leads from ${state} to ${next}`, () => {
        expect(nextClusterState(state, event)).toBe(next)
      })
    }
  }
}
