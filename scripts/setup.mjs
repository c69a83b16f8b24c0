// What start, test and bench share: check Node, install what is missing, build what is stale.
// No dependencies: this runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHash } from 'node:crypto'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Ends the process with one sentence when this Node cannot run Millrace. */
export function checkNode() {
  if (process.platform === 'win32') {
    fail('Millrace runs on Linux and macOS; on Windows, run it inside WSL2.')
  }
  const [major, minor] = process.versions.node.split('.').map(Number)
  const good = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major > 22
  if (!good)
    fail(
      `Millrace needs Node 20.19 or later, or 22.13 or later; this is ${process.versions.node}. Install a newer Node and run the command again.`,
    )
}

/** Prints one sentence to stderr and exits 1. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/**
 * Installs the dependencies if they are missing or older than the lock file.
 * @param {{ dev: boolean }} options dev: also what tests and checks need
 */
export function install({ dev }) {
  const stampFile = join(root, 'node_modules', '.millrace-install.json')
  const lockHash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stampFile)) {
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'))
    if (stamp.lockHash === lockHash && (stamp.dev || !dev)) return
  }
  process.stderr.write(dev ? 'Installing dependencies and test tools…\n' : 'Installing dependencies…\n')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? [] : ['--omit=dev'])]
  // NODE_ENV=production would make npm leave the test tools out.
  const environment = { ...process.env, NODE_ENV: dev ? 'development' : (process.env.NODE_ENV ?? '') }
  const result = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: environment })
  if (result.status !== 0)
    fail(
      'npm could not install the dependencies (its words are above). Check the network or the registry settings and try again.',
    )
  writeFileSync(stampFile, JSON.stringify({ lockHash, dev }))
}

/** Builds dist/ unless it is newer than every source file. */
export async function build() {
  const stampFile = join(root, 'dist', '.built')
  const newest = newestSource()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === newest) return
  const { buildAll } = await import('./build.mjs')
  await buildAll()
  writeFileSync(stampFile, newest)
}

/** Count and newest modification time of all that goes into dist/, as text to compare. */
function newestSource() {
  let newest = 0
  let count = 0
  const visit = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist') continue
      const path = join(directory, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (/\.(ts|json|mjs)$/.test(entry.name) && !entry.name.endsWith('.test.ts')) {
        count++
        newest = Math.max(newest, statSync(path).mtimeMs)
      }
    }
  }
  visit(join(root, 'packages'))
  visit(join(root, 'scripts'))
  return `${count} files, newest ${newest}`
}
