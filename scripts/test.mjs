// npm test: install, build, check, unit tests, tests that start processes, and the judges at their quick size.
// npm run test:full [-- kcat faults …]: the judges at the full numbers, a file at a time, all or those named; each leaves its result in docs/results/ with commit
// and date, and one that has already passed at this commit is not run again.
// Ends with a line that is exactly `N passed, N failed`; skips stand above it with their reasons.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, checkNode, install, root } from './setup.mjs'

checkNode()
install({ dev: true })
await build()

const full = process.argv.includes('--full')
const scratch = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const usageFile = join(scratch, 'usage')
const verdictsFile = join(scratch, 'verdicts')
const figuresFile = join(scratch, 'figures')
const total = { passed: 0, failed: 0 }

if (full) runFull()
else runQuick()

for (const line of new Set(skips())) console.log(`skipped: ${line}`)
rmSync(scratch, { recursive: true, force: true })
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)

function runQuick() {
  for (const { name, passed, output } of checks()) {
    console.log(`${passed ? '✔' : '✘'} ${name}`)
    if (passed) total.passed++
    else {
      total.failed++
      console.log(output)
    }
  }
  add(vitest([], 'quick'))
}

function runFull() {
  const results = join(root, 'docs', 'results')
  mkdirSync(results, { recursive: true })
  const commit = git('rev-parse', '--short', 'HEAD')
  if (git('status', '--porcelain', '--', 'packages', 'conformance') !== '')
    console.log('The work tree has changes: results name the commit below them.')
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
  const files = readdirSync(join(root, 'conformance'))
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => wanted.length === 0 || wanted.includes(name.replace('.test.ts', '')))
  for (const file of files.toSorted()) {
    const path = join(results, `${file.replace('.test.ts', '')}.json`)
    const known = readResult(path)
    if (known?.commit === commit && known.failed === 0) {
      console.log(`${file}: passed at ${commit} already`)
      add(known)
      continue
    }
    for (const old of [usageFile, verdictsFile, figuresFile]) rmSync(old, { force: true })
    const startedMs = performance.now()
    const loadBefore = loadavg()[0]
    const { passed, failed, tests } = vitest(['--project', 'conformance', `conformance/${file}`], 'full')
    add({ passed, failed })
    const result = {
      commit,
      date: new Date().toISOString().slice(0, 10),
      node: process.version,
      loadAverage: { before: round(loadBefore), after: round(loadavg()[0]) },
      seconds: round((performance.now() - startedMs) / 1000),
      passed,
      failed,
      tests,
      ...foreign(),
    }
    writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
  }
}

function checks() {
  const result = spawnSync(process.execPath, [join(root, 'scripts', 'check.mjs'), '--json'], { encoding: 'utf8' })
  return JSON.parse(result.stdout)
}

/** Runs vitest and counts; a file that could not even be loaded counts as one failure. */
function vitest(args, size) {
  const report = join(scratch, 'vitest.json')
  rmSync(report, { force: true })
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const run = spawnSync(
    process.execPath,
    [program, 'run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        MILLRACE_SIZE: size,
        MILLRACE_SKIPS: join(scratch, 'skips'),
        // What clients asked of the brokers, what foreign suites said, and what was measured: for results alone.
        ...(size === 'full'
          ? { MILLRACE_USAGE: usageFile, MILLRACE_VERDICTS: verdictsFile, MILLRACE_FIGURES: figuresFile }
          : {}),
      },
    },
  )
  try {
    const { numPassedTests: passed, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
    ).length
    const failed = numFailedTests + unloaded
    const tests = testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ fullName, status, duration }) => ({
        name: fullName,
        status,
        seconds: round((duration ?? 0) / 1000),
      })),
    )
    // An error outside any test (a hook, an unhandled rejection) must count too.
    return { passed, failed: failed === 0 && run.status !== 0 ? 1 : failed, tests }
  } catch (error) {
    console.log(`The test runner left no report: ${error.message}`)
    return { passed: 0, failed: 1, tests: [] }
  }
}

function add({ passed, failed }) {
  total.passed += passed
  total.failed += failed
}

/** What the run has left: APIs and versions by client software, verdicts by suite, figures. */
function foreign() {
  const verdicts = jsonLines(verdictsFile)
  const figures = jsonLines(figuresFile)
  const clients = new Map()
  for (const { softwareName, softwareVersion, requests } of jsonLines(usageFile).flat()) {
    const name = `${softwareName} ${softwareVersion}`.trim()
    const apis = clients.get(name) ?? new Map()
    clients.set(name, apis)
    for (const { apiKey, version } of requests) apis.set(apiKey, (apis.get(apiKey) ?? new Set()).add(version))
  }
  const byNumber = (one, other) => one - other
  const usage = Object.fromEntries(
    [...clients]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, apis]) => [
        name,
        Object.fromEntries(
          [...apis]
            .toSorted(([one], [other]) => one - other)
            .map(([key, versions]) => [key, [...versions].toSorted(byNumber).join(' ')]),
        ),
      ]),
  )
  return {
    ...(figures.length === 0 ? {} : { figures }),
    ...(verdicts.length === 0 ? {} : { suites: verdicts }),
    ...(clients.size === 0 ? {} : { clients: usage }),
  }
}

function jsonLines(file) {
  return lines(file).map((line) => JSON.parse(line))
}

function skips() {
  return lines(join(scratch, 'skips'))
}

function lines(file) {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

function readResult(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
}

function round(value) {
  return Math.round(value * 100) / 100
}
