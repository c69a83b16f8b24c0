// Types, lint (layers, Host rule, dropped promises, cycles) and format; prints what is wrong, exits 1.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkNode, install, root } from './setup.mjs'

checkNode()
install({ dev: true })
export function runChecks() {
  const steps = [
    ['types', 'tsc', ['-b']],
    ['lint', 'oxlint', ['--type-aware', '--deny-warnings', 'packages', 'conformance', 'bench']],
    ['format', 'oxfmt', ['--check', 'packages', 'conformance', 'bench']],
    ['coverage table', 'tsx', ['--conditions=millrace-source', 'scripts/coverage.ts', '--check']],
    ['compatibility table', 'tsx', ['--conditions=millrace-source', 'scripts/compatibility.ts', '--check']],
  ]
  return steps.map(([name, command, args]) => {
    const result = spawnSync(join(root, 'node_modules', '.bin', command), args, { cwd: root, encoding: 'utf8' })
    return { name, passed: result.status === 0, output: `${result.stdout}${result.stderr}` }
  })
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const results = runChecks()
  if (process.argv.includes('--json')) process.stdout.write(JSON.stringify(results))
  else {
    for (const { name, passed, output } of results) {
      process.stdout.write(`${passed ? '✔' : '✘'} ${name}\n`)
      if (!passed) process.stdout.write(output)
    }
  }
  process.exit(results.every(({ passed }) => passed) ? 0 : 1)
}
