/** Entry point of the simulator: `simulate-main ROOT ARGUMENTS…`, and of its workers; scripts/simulate.mjs starts it. */
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { simulate } from './command.ts'
import { serveSeeds } from './seed-runs.ts'

if (isMainThread) {
  const [root = '.', ...args] = process.argv.slice(2)
  try {
    process.exitCode = await simulate(root, fileURLToPath(import.meta.url), args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
} else await serveSeeds()
