// Bundles the programs into dist/: the command, the two node processes, and a broker's threads. Bundles start a quarter faster than
// files (reference measurement in docs), which counts because every cluster starts four processes.
import { build } from 'esbuild'
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

// Packages with prebuilt addons or wasm files are loaded from node_modules as they are.
const external = [
  '@node-rs/crc32',
  'snappy',
  'lz4-napi',
  '@bokuweb/zstd-wasm',
  '@photostructure/sqlite',
  'pg',
  'pg-native',
]

const entries = {
  millrace: 'packages/millrace/src/main.ts',
  'millrace-broker': 'packages/engine/src/embedded/process/broker-main.ts',
  'millrace-computing': 'packages/engine/src/embedded/process/computing-main.ts',
  'millrace-controller': 'packages/engine/src/embedded/process/controller-main.ts',
  library: 'packages/millrace/src/library.ts',
}

export async function buildAll() {
  // Beside dist/models, as the sources lie beside models/.
  const outdir = join(root, 'dist', 'bin')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    // Rarely used code (codecs, admin commands) stays in chunks of its own and is loaded when first used.
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    conditions: ['millrace-source'],
    external,
    // Its CommonJS form has no named exports once it is a chunk that is imported when needed.
    alias: { '@peculiar/x509': '@peculiar/x509/build/x509.es.js' },
    sourcemap: 'linked',
    legalComments: 'none',
    // Every node holds the text of its program in memory; names stay, so that stack traces can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    logLevel: 'error',
    // CommonJS packages inside an ES module bundle still call require.
    banner: {
      js: "import { createRequire as millraceRequire } from 'node:module'; const require = millraceRequire(import.meta.url);",
    },
  })
  cpSync(join(root, 'packages', 'aws', 'models'), join(root, 'dist', 'models'), { recursive: true })
  for (const name of Object.keys(entries)) chmodSync(join(outdir, `${name}.js`), 0o755)
}

if (process.argv[1] === new URL(import.meta.url).pathname) await buildAll()
