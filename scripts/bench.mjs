// npm run bench [-- --quick] [--json FILE]: install, build, measure. `npm run bench -- iam-connects` measures logins instead.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, fail, install, root } from './setup.mjs'

checkNode()
if (process.platform !== 'linux') fail('The bench reads CPU time from /proc and runs on Linux only.')
install({ dev: true })
await build()
const [first = '', ...others] = process.argv.slice(2)
const logins = first === 'iam-connects'
const result = spawnSync(
  process.execPath,
  [
    '--no-warnings',
    '--conditions=millrace-source',
    '--import',
    'tsx',
    join(root, 'bench', logins ? 'iam-connects.ts' : 'run.ts'),
    ...(logins ? others : process.argv.slice(2)),
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(result.status ?? 1)
