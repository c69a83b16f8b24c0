// npm run simulate [-- --seeds N --from SEED | --planted]: install, bundle, run (packages/engine/src/simulation).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { checkNode, install, root } from './setup.mjs'

checkNode()
install({ dev: true })
const outfile = join(root, 'node_modules', '.cache', 'millrace', 'simulate.mjs')
const { build } = await import('esbuild')
await build({
  absWorkingDir: root,
  entryPoints: ['packages/engine/src/simulation/simulate-main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  conditions: ['millrace-source'],
  plugins: [
    {
      name: 'foreign packages stay outside',
      setup({ onResolve }) {
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
          kind === 'entry-point' || path.startsWith('@millrace/') ? undefined : { path, external: true },
        )
      },
    },
  ],
  sourcemap: 'linked',
  logLevel: 'error',
})
// Worlds are short-lived and allocate much: a large young generation halves the collector's work.
const args = ['--max-semi-space-size=64', '--enable-source-maps', outfile, root, ...process.argv.slice(2)]
const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exit(result.status ?? 1)
