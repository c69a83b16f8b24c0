import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Runs a program of two lines in a process of its own; what it printed. */
function run(options: string): string {
  const script = `
    import { createNodeHost } from '${new URL('node-host.ts', import.meta.url).href}'
    createNodeHost(${options}).timers.set(50, () => console.log('fired'))`
  const result = spawnSync(
    process.execPath,
    ['--conditions=millrace-source', '--import', 'tsx', '--input-type=module', '--eval', script],
    { encoding: 'utf8', timeout: 20_000 },
  )
  expect(result.stderr).toBe('')
  return result.stdout
}

test('a pending timer lets the process end, unless its Host was made to hold it', () => {
  expect(run('')).toBe('')
  expect(run('{ timersHoldProcess: true }')).toBe('fired\n')
})
