/** The table of authorisation by ACLs, asked of a cluster: each case as a user of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { casesOf } from './authorization/cases.ts'
import { table } from './authorization/expected/table.ts'
import { runCases } from './authorization/run-cases.ts'
import { scramLogin } from './authorization/scram-login.ts'
import { startTableCluster, type TableCluster } from './authorization/table-cluster.ts'

const cases = casesOf(table).filter(({ kind }) => kind === 'acl')
let cluster: TableCluster

beforeAll(async () => {
  cluster = await startTableCluster(cases)
})
afterAll(() => cluster?.millrace.stop())

describe('the table of authorisation', () => {
  it('by ACLs', async () => {
    const differences = await runCases(cases, cluster.world, scramLogin(cluster.scram))
    expect(differences.join('\n')).toBe('')
  }, 300_000)
})
