/**
 * The table of authorisation watches the brokers' own tables: guards and the actions of IAM answer it as it says, and a
 * guard that is missing, asks nothing, or asks for another operation or resource is found by at least one of its cases, as
 * is every operation that stands for another action.
 */
import { brokerGuards } from '@millrace/broker/authorization/guards'
import { createHandlerFixture } from '@millrace/broker/handlers/handler-fixture'
import { controllerGuards } from '@millrace/controller/authorization/guards'
import { AclOperation, operationName, resourceTypeName } from '@millrace/policy/acl/acl'
import { actionOf } from '@millrace/policy/kafka-cluster/actions'
import { apiByKey } from '@millrace/protocol/apis'
import { describe, expect, it } from 'vitest'
import { difference } from './authorization/answers.ts'
import { askerOf } from './authorization/askers.ts'
import { casesOf, type TableCase } from './authorization/cases.ts'
import type { Kind } from './authorization/expected/row.ts'
import { table } from './authorization/expected/table.ts'
import { InProcess, type Mutation } from './authorization/in-process.ts'
import { RESOURCE_TYPES, mutationsOf, recording, swapping, type Check } from './authorization/mutations.ts'

const PRODUCE = 0
const FETCH = 1
const cases = casesOf(table)
const inProcess = new InProcess(cases, askerOf)
const isJudged = (each: TableCase): boolean =>
  !each.answer.startsWith('login') && inProcess.guards(each) && (each.answer !== 'closed' || each.row.key === PRODUCE)
const judged = cases.filter(isJudged)
const casesOfKey = (key: number): TableCase[] => judged.filter(({ row }) => row.key === key)
const nameOf = (key: number): string => `${key} ${apiByKey(key)?.request.name ?? ''}`
const keys = [...new Set(judged.map(({ row }) => row.key))].sort((a, b) => a - b)
const named = keys.map((key) => [nameOf(key), key] as const)

function wrong(each: TableCase, mutation: Mutation | null): string | null {
  try {
    return difference(each.answer, inProcess.answer(each, mutation))
  } catch (error) {
    // A mutated guard may hand on what no answer can be made of.
    if (mutation === null) throw error
    return String(error)
  }
}

describe('the table', () => {
  it('has every Kafka API, by ACLs and by IAM', () => {
    const missing = (kind: Kind): number[] => {
      const known = new Set(cases.filter((each) => each.kind === kind).map(({ row }) => row.key))
      return Array.from({ length: 93 }, (_, key) => key).filter((key) => !known.has(key))
    }
    expect([missing('acl'), missing('iam')]).toEqual([[], []])
    expect(cases.length).toBeGreaterThan(1_000)
  })
})

describe('the guards of broker and controller', () => {
  it('have a row of the table each', () => {
    const fixture = createHandlerFixture()
    const rows = [...brokerGuards(fixture.runtime), ...controllerGuards({} as never)]
    const missing = rows.filter(([key, guard]) => guard !== null && !keys.includes(key)).map(([key]) => nameOf(key))
    expect(missing).toEqual([])
    expect(keys.length).toBeGreaterThan(50)
  })

  it.each(named)('%s answers as the table says', (_, key) => {
    const differences = casesOfKey(key).flatMap((each) => {
      const told = wrong(each, null)
      return told === null ? [] : [`${each.title}\n  expected ${each.answer}\n  answered ${told}`]
    })
    expect(differences.join('\n')).toBe('')
  })

  it.each(named)('%s: every mutation of its guard is found', (_, key) => {
    const own = casesOfKey(key)
    const checks = new Map<string, Check>()
    for (const each of own) wrong(each, { title: 'as it is', access: (access) => recording(access, checks) })
    const mutations = [...checks.values()].flatMap(mutationsOf)
    // The handler of Fetch is its own guard.
    if (key !== FETCH) mutations.push({ title: 'no guard', access: null })
    const survivors = mutations.filter((mutation) => !own.some((each) => wrong(each, mutation) !== null))
    expect(survivors.map(({ title }) => title)).toEqual([])
    expect(mutations.length).toBeGreaterThan(1)
  })
})

describe('the actions of IAM', () => {
  const byIam = judged
    .filter(({ kind }) => kind === 'iam')
    .map((each) => {
      const checks = new Map<string, Check>()
      wrong(each, { title: 'as it is', access: (access) => recording(access, checks) })
      return { each, checks: [...checks.values()] }
    })
  const rows = RESOURCE_TYPES.flatMap((resourceType) =>
    Object.values(AclOperation)
      .filter((operation) => actionOf(operation, resourceType) !== null)
      .map((operation) => ({ operation, resourceType })),
  )

  it.each(
    // No API asks for it before two-phase commits come (KIP-939).
    rows
      .filter(({ operation }) => operation !== AclOperation.TWO_PHASE_COMMIT)
      .map((row) => [`${operationName(row.operation)} on ${resourceTypeName(row.resourceType)}`, row] as const),
  )('%s stands for no other action', (_, row) => {
    const own = actionOf(row.operation, row.resourceType)?.action
    const others = rows.filter((other) => actionOf(other.operation, other.resourceType)?.action !== own)
    const asking = byIam
      .filter(({ checks }) =>
        checks.some((check) => check.resourceType === row.resourceType && check.operation === row.operation),
      )
      .map(({ each }) => each)
    const survivors = others.filter((other) => {
      const mutation = swapping(row, other)
      return !asking.some((each) => wrong(each, mutation) !== null)
    })
    expect(survivors).toEqual([])
  })
})
