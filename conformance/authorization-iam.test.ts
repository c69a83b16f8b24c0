/** The table of authorisation by IAM, asked of a cluster: each case in a session of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { casesOf } from './authorization/cases.ts'
import { table } from './authorization/expected/table.ts'
import { createSessions, sessionLogin } from './authorization/iam-login.ts'
import { runCases } from './authorization/run-cases.ts'
import { startTableCluster, type TableCluster } from './authorization/table-cluster.ts'

const cases = casesOf(table).filter(({ kind }) => kind === 'iam')
let cluster: TableCluster

beforeAll(async () => {
  cluster = await startTableCluster(cases)
})
afterAll(() => cluster?.millrace.stop())

describe('the table of authorisation', () => {
  it('by IAM', async () => {
    const { millrace, clusterArn, iam, world } = cluster
    const keys = await createSessions(cases, { endpoint: millrace.endpoint, clusterArn })
    const differences = await runCases(cases, world, sessionLogin(iam, keys))
    expect(differences.join('\n')).toBe('')
  }, 300_000)
})
