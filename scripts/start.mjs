// npm start: install what is missing, build what is stale, then `millrace start --demo`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, install, root } from './setup.mjs'

checkNode()
install({ dev: false })
await build()
const child = spawn(
  process.execPath,
  [join(root, 'dist', 'bin', 'millrace.js'), 'start', '--demo', ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
// The terminal sends its signals to the whole group; the child decides how to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
