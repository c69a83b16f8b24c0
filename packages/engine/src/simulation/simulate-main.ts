/** Entry point of the simulator: `simulate-main ROOT ARGUMENTS…`; scripts/simulate.mjs bundles and starts it. */
import { simulate } from './command.ts'

const [root = '.', ...args] = process.argv.slice(2)
try {
  process.exitCode = await simulate(root, args)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
