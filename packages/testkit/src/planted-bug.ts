/**
 * Bugs planted on purpose, to prove that a test would find them. The product's code knows nothing of it: a program is
 * bundled with one passage of one source file replaced. A passage that is not there, or is there twice, is an error, so
 * that a planted bug cannot quietly become none when the code moves on.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { build, type Plugin } from 'esbuild'

export interface PlantedBug {
  readonly name: string
  /** What the cluster does wrong with it. */
  readonly what: string
  /** From the root of the repository. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface PlantedBundle {
  /** The repository. */
  readonly root: string
  /** Entry point, from the root. */
  readonly entry: string
  readonly outfile: string
  readonly bug: PlantedBug
}

/** Bundles `entry` with the bug in it. Rejects when the passage is not there exactly once, or the file is not used. */
export async function bundleWithBug({ root, entry, outfile, bug }: PlantedBundle): Promise<void> {
  let planted = false
  const plant: Plugin = {
    name: 'plant a bug',
    setup(bundling) {
      bundling.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(root, path) !== bug.file) return undefined
        planted = true
        return { contents: plantBug(readFileSync(path, 'utf8'), bug), loader: 'ts' }
      })
    },
  }
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    conditions: ['millrace-source'],
    plugins: [plant, foreignPackagesStayOutside],
    logLevel: 'silent',
  })
  if (!planted) throw new Error(`planted bug ${bug.name}: ${bug.file} is not part of ${entry}`)
}

/** The source with the bug in it. */
export function plantBug(source: string, bug: PlantedBug): string {
  const pieces = source.split(bug.find)
  if (pieces.length !== 2)
    throw new Error(`planted bug ${bug.name}: its passage is ${pieces.length - 1} times in ${bug.file}, not once`)
  return pieces.join(bug.replace)
}

const foreignPackagesStayOutside: Plugin = {
  name: 'foreign packages stay outside',
  setup(bundling) {
    bundling.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@millrace/') ? undefined : { path, external: true },
    )
  },
}
