// npm run bench [-- --quick] [--json FILE]: install, build, measure.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, fail, install, root } from './setup.mjs'

checkNode()
if (process.platform !== 'linux') fail('The bench reads CPU time from /proc and runs on Linux only.')
install({ dev: true })
await build()
const result = spawnSync(
  process.execPath,
  [
    '--no-warnings',
    '--conditions=millrace-source',
    '--import',
    'tsx',
    join(root, 'bench', 'run.ts'),
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(result.status ?? 1)
