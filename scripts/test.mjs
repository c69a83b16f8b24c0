// npm test: install, build, check, unit tests, tests that start processes, and the judges.
// Ends with a line that is exactly `N passed, N failed`; skips stand above it with their reasons.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, checkNode, install, root } from './setup.mjs'

checkNode()
install({ dev: true })
await build()

const full = process.argv.includes('--full')
const scratch = mkdtempSync(join(tmpdir(), 'millrace-test-'))
let passed = 0
let failed = 0
const skipped = []

const { runChecks } = await import('./check.mjs')
for (const { name, passed: good, output } of runChecks()) {
  console.log(`${good ? '✔' : '✘'} ${name}`)
  if (good) passed++
  else {
    failed++
    console.log(output)
  }
}

const report = join(scratch, 'vitest.json')
const vitest = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, MILLRACE_SIZE: full ? 'full' : 'quick', MILLRACE_SKIPS: join(scratch, 'skips') } },
)
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  passed += result.numPassedTests
  failed += result.numFailedTests
  // A file that could not even be loaded has no tests that failed, yet must count.
  for (const file of result.testResults) if (file.status === 'failed' && file.assertionResults.length === 0) failed++
  if (vitest.status !== 0 && result.numFailedTests === 0 && failed === 0) failed++
} catch (error) {
  console.log(`The test runner left no report: ${error.message}`)
  failed++
}
try {
  skipped.push(...readFileSync(join(scratch, 'skips'), 'utf8').split('\n').filter((line) => line !== ''))
} catch {
  // No test was skipped.
}
rmSync(scratch, { recursive: true, force: true })

for (const line of new Set(skipped)) console.log(`skipped: ${line}`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
