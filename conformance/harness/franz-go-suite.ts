/**
 * franz-go's own tests of its client, aimed at a three-broker cluster with three replicas: over plaintext, or over TLS with a
 * certificate or a login of every client (conformance/judges/franz_go_logins_test.go).
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { goVerdicts } from './go-tests.ts'
import { bearerToken, rootKey } from './iam.ts'
import { franzGoVersion } from './judges.ts'
import { createThreeBrokers, startMillraceProcess, type MillraceProcess } from './millrace.ts'
import { run } from './run.ts'
import { createSecuredCluster, USER, type Security } from './secured-cluster.ts'
import { recordVerdicts } from './verdicts.ts'

export interface FranzGoSuite {
  /** Behind the client's name in the results: 'over TLS'. */
  readonly name?: string
  readonly kafkaVersion: string
  /** Of the names of tests, as Go takes it. */
  readonly tests: string
  /** Of every chain of producing and consuming groups. */
  readonly records: number
  /** Plaintext when absent. */
  readonly security?: Security
  /** Names of tests that must be among the passed. */
  readonly passing?: readonly string[]
}

const CLUSTER = 'franz-go'
const TIMEOUT_MS = 1_200_000
/** Lines of tests that are shown when one fails. */
const REASONS_MAX = 40
/** Tokens of AWS's signer are good for 15 minutes. */
const TOKEN_RENEWAL_MS = 300_000
export const FRANZ_GO_TEST_MS: number = TIMEOUT_MS + 60_000

/** @param program the compiled tests @param command that runs them again */
export async function runFranzGo(program: string, command: string, suite: FranzGoSuite): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-franz-go-'))
  const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
  const tokenFile = join(scratch, 'token')
  const renewing = setInterval(() => void writeToken(tokenFile), TOKEN_RENEWAL_MS)
  try {
    await writeToken(tokenFile)
    const environment = {
      ...(await connection(millrace, scratch, suite)),
      KGO_TEST_RF: '3',
      KGO_TEST_RECORDS: String(suite.records),
      JUDGE_TOKEN_FILE: tokenFile,
      // A test that has failed may go round and round and tell of it, hundreds of megabytes.
      KGO_LOG_LEVEL: 'none',
    }
    const args = ['-test.v', '-test.timeout', '20m', '-test.run', suite.tests]
    const result = await run(program, args, { environment, timeoutMs: TIMEOUT_MS })
    const name = `franz-go kgo ${franzGoVersion}${suite.name === undefined ? '' : `, ${suite.name}`}`
    recordVerdicts(goVerdicts(result.stdout, name, command))
    const lines = result.stdout.split('\n')
    const reasons = new Set(lines.filter((line) => /^\s+\S+\.go:\d+: /.test(line)).map((line) => line.trim()))
    const said = [...reasons].slice(0, REASONS_MAX).join('\n')
    expect(
      lines.filter((line) => /^\s*--- FAIL|^panic/.test(line)),
      said,
    ).toEqual([])
    expect(result.status, result.stdout.slice(-2_000)).toBe(0)
    expect(result.stdout).toMatch(/^PASS$/m)
    const passed = lines.flatMap((line) => /^ *--- PASS: (\S+)/.exec(line)?.[1] ?? [])
    expect(passed).toEqual(expect.arrayContaining([...(suite.passing ?? [])]))
  } finally {
    clearInterval(renewing)
    await millrace.stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Of the account's root; never half of one, for those who read it meanwhile. */
async function writeToken(file: string): Promise<void> {
  writeFileSync(`${file}.new`, await bearerToken(rootKey))
  renameSync(`${file}.new`, file)
}

/** What its tests read from the environment to reach a cluster of their own. */
async function connection(
  millrace: MillraceProcess,
  directory: string,
  { kafkaVersion, security }: FranzGoSuite,
): Promise<Record<string, string>> {
  if (security === undefined)
    return { KGO_SEEDS: (await createThreeBrokers(millrace, CLUSTER, { kafkaVersion })).bootstrap }
  const cluster = await createSecuredCluster(millrace, directory, CLUSTER, security, { kafkaVersion })
  const { certificate, caFile, bootstrap } = cluster
  const own = certificate === null ? [] : [`cert:${certificate.certFile}`, `key:${certificate.keyFile}`]
  const seeds = { KGO_SEEDS: bootstrap, KGO_TEST_TLS: [`ca:${caFile}`, ...own].join(',') }
  switch (security) {
    case 'scram': {
      const KGO_TEST_SCRAM = `${USER.username}:${USER.password}:512`
      return { ...seeds, JUDGE_LOGIN: 'scram', KGO_TEST_SCRAM, KGO_TEST_SCRAM_SEEDS: bootstrap }
    }
    case 'iam':
      return { ...seeds, JUDGE_LOGIN: 'oauthbearer' }
    default:
      return seeds
  }
}
