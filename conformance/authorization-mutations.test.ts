/**
 * The table of authorisation watches the brokers' own tables of guards: they answer it as it says, and a guard that is
 * missing, asks nothing, or asks for another operation or resource is found by at least one of its cases.
 */
import { brokerGuards } from '@millrace/broker/authorization/guards'
import { createHandlerFixture } from '@millrace/broker/handlers/handler-fixture'
import { controllerGuards } from '@millrace/controller/authorization/guards'
import { AclAuthority } from '@millrace/policy/acl/authority'
import { apiByKey } from '@millrace/protocol/apis'
import { describe, expect, it } from 'vitest'
import { aclOf } from './authorization/acl-words.ts'
import { difference } from './authorization/answers.ts'
import { casesOf, type TableCase } from './authorization/cases.ts'
import { table } from './authorization/expected/table.ts'
import { InProcess, type Asker, type Mutation } from './authorization/in-process.ts'
import { mutationsOf, recording, type Check } from './authorization/mutations.ts'

const cases = casesOf(table).filter(({ kind }) => kind === 'acl')

function askerOf({ id, grants }: TableCase): Asker {
  const acls = grants.map((grant) => {
    const { resourcePatternType: patternType, ...acl } = aclOf(grant, id)
    return { ...acl, patternType }
  })
  const authority = new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })
  return { principal: `User:case-${id}`, authority }
}

const guarded = new InProcess(cases, askerOf)
const judged = cases.filter((each) => (guarded.guards(each) && each.answer !== 'closed') || each.row.key === 0)
const nameOf = (key: number): string => `${key} ${apiByKey(key)?.request.name ?? ''}`
const keys = [...new Set(judged.map(({ row }) => row.key))].sort((a, b) => a - b)
const casesOfKey = (key: number): TableCase[] => judged.filter(({ row }) => row.key === key)

function wrong(each: TableCase, mutation: Mutation | null): string | null {
  try {
    return difference(each.answer, guarded.answer(each, mutation))
  } catch (error) {
    // A mutated guard may hand on what no answer can be made of.
    if (mutation === null) throw error
    return String(error)
  }
}

describe('the guards of broker and controller', () => {
  it('have a row of the table each', () => {
    const fixture = createHandlerFixture()
    const rows = [...brokerGuards(fixture.runtime), ...controllerGuards({} as never)]
    const missing = rows.filter(([key, guard]) => guard !== null && !keys.includes(key)).map(([key]) => nameOf(key))
    expect(missing).toEqual([])
    expect(keys.length).toBeGreaterThan(50)
  })

  it.each(keys.map((key) => [nameOf(key), key] as const))('%s answers as the table says', (_, key) => {
    const differences = casesOfKey(key).flatMap((each) => {
      const told = wrong(each, null)
      return told === null ? [] : [`${each.title}\n  expected ${each.answer}\n  answered ${told}`]
    })
    expect(differences.join('\n')).toBe('')
  })

  it.each(keys.map((key) => [nameOf(key), key] as const))('%s: every mutation of its guard is found', (_, key) => {
    const own = casesOfKey(key)
    const checks = new Map<string, Check>()
    for (const each of own) {
      wrong(each, { title: 'as it is', access: (access) => recording(access, checks) })
    }
    const mutations = [...checks.values()].flatMap(mutationsOf)
    if (key !== 1) mutations.push({ title: 'no guard', access: null })
    const survivors = mutations.filter((mutation) => !own.some((each) => wrong(each, mutation) !== null))
    expect(survivors.map(({ title }) => title)).toEqual([])
    expect(mutations.length).toBeGreaterThan(1)
  })
})
