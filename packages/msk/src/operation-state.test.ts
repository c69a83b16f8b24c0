import { expect, test } from 'vitest'
import { nextOperationState, type OperationEvent, type OperationState, type OperationType } from './operation-state.ts'

const states: readonly OperationState[] = [
  'PENDING',
  'UPDATE_IN_PROGRESS',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'REBOOT_IN_PROGRESS',
  'REBOOT_COMPLETE',
  'REBOOT_FAILED',
]
const events: readonly OperationEvent[] = ['begin', 'complete', 'fail']

const legal: Readonly<Record<string, OperationState>> = {
  'UPDATE_CLUSTER_CONFIGURATION PENDING begin': 'UPDATE_IN_PROGRESS',
  'UPDATE_CLUSTER_CONFIGURATION UPDATE_IN_PROGRESS complete': 'UPDATE_COMPLETE',
  'UPDATE_CLUSTER_CONFIGURATION UPDATE_IN_PROGRESS fail': 'UPDATE_FAILED',
  'CREATE_VPC_CONNECTION PENDING begin': 'UPDATE_IN_PROGRESS',
  'CREATE_VPC_CONNECTION UPDATE_IN_PROGRESS complete': 'UPDATE_COMPLETE',
  'CREATE_VPC_CONNECTION UPDATE_IN_PROGRESS fail': 'UPDATE_FAILED',
  'REBOOT_NODE PENDING begin': 'REBOOT_IN_PROGRESS',
  'REBOOT_NODE REBOOT_IN_PROGRESS complete': 'REBOOT_COMPLETE',
  'REBOOT_NODE REBOOT_IN_PROGRESS fail': 'REBOOT_FAILED',
}

for (const type of ['UPDATE_CLUSTER_CONFIGURATION', 'REBOOT_NODE', 'CREATE_VPC_CONNECTION'] satisfies OperationType[]) {
  test(`${type} follows its table, and every other edge is illegal`, () => {
    for (const state of states) {
      for (const event of events) {
        const next = legal[`${type} ${state} ${event}`]
        if (next !== undefined) expect(nextOperationState(type, state, event)).toBe(next)
        else
          expect(() => nextOperationState(type, state, event), `${state} ${event}`).toThrow(
            'an operation cannot do this',
          )
      }
    }
  })
}
