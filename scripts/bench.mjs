// npm run bench [-- --quick] [--json FILE]: install, build, measure. `npm run bench -- iam-connects` measures logins instead,
// `at-rest` and `tls` what encryption costs, `against COMMIT` what has come since then, `controller-turns` how long a large
// topic holds the controller.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build, checkNode, fail, install, root } from './setup.mjs'

checkNode()
if (process.platform !== 'linux') fail('The bench reads CPU time from /proc and runs on Linux only.')
install({ dev: true })
await build()
const SIDE_BY_SIDE = 'side-by-side.ts'
const programs = {
  'iam-connects': 'iam-connects.ts',
  'controller-turns': 'controller-turns.ts',
  'at-rest': SIDE_BY_SIDE,
  tls: SIDE_BY_SIDE,
  against: SIDE_BY_SIDE,
}
const [first = '', ...others] = process.argv.slice(2)
const program = programs[first]
if (first === 'against') others[0] = builtCommit(others[0] ?? '')
const result = spawnSync(
  process.execPath,
  [
    '--no-warnings',
    '--conditions=millrace-source',
    '--import',
    'tsx',
    join(root, 'bench', program ?? 'run.ts'),
    ...(program === SIDE_BY_SIDE ? [first, ...others] : program === undefined ? process.argv.slice(2) : others),
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(result.status ?? 1)

/** A commit of this repository, built, in a directory of its own. */
function builtCommit(name) {
  const commit = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], { cwd: root }).stdout
  const id = commit.toString().trim().slice(0, 12)
  if (id === '') fail(`There is no commit ${name} here. Usage: npm run bench -- against COMMIT`)
  const directory = join(root, '.cache', 'bench', id)
  if (existsSync(join(directory, 'dist', 'bin', 'library.js'))) return directory
  const run = (command, args, cwd) => {
    if (spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0)
      fail(`${command} ${args.join(' ')} failed, so ${name} could not be built.`)
  }
  run('git', ['clone', '--quiet', '--no-checkout', root, directory], root)
  run('git', ['checkout', '--quiet', id], directory)
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], directory)
  run(process.execPath, [join('scripts', 'build.mjs')], directory)
  return directory
}
