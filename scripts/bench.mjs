// npm run bench [-- --quick] [--json FILE]: install, build, measure. `npm run bench -- iam-connects` measures logins instead,
// `at-rest` and `tls` what encryption costs, `controller-turns` how long a large topic holds the controller.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, fail, install, root } from './setup.mjs'

checkNode()
if (process.platform !== 'linux') fail('The bench reads CPU time from /proc and runs on Linux only.')
install({ dev: true })
await build()
const programs = {
  'iam-connects': 'iam-connects.ts',
  'controller-turns': 'controller-turns.ts',
  'at-rest': 'against-plain.ts',
  tls: 'against-plain.ts',
}
const [first = '', ...others] = process.argv.slice(2)
const program = programs[first]
const result = spawnSync(
  process.execPath,
  [
    '--no-warnings',
    '--conditions=millrace-source',
    '--import',
    'tsx',
    join(root, 'bench', program ?? 'run.ts'),
    ...(program !== undefined && program !== 'against-plain.ts' ? others : process.argv.slice(2)),
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(result.status ?? 1)
