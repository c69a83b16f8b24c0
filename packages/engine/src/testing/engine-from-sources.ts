/** The embedded engine with real nodes that run from the sources, without a build: for process tests only. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Host } from '@millrace/base/host'
import { silentLogger } from '@millrace/base/logger'
import { createNodeHost } from '@millrace/host/node-host'
import type { DataKeys } from '../data-keys.ts'
import { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { readPartitions } from '../embedded/read-partitions.ts'

/** Arguments for Node that let it run the workspace's TypeScript. */
export const sourceArguments: readonly string[] = [
  '--conditions',
  'millrace-source',
  '--import',
  createRequire(import.meta.url).resolve('tsx'),
]

export function engineFromSources(
  root: string,
  dataKeys: DataKeys | null = null,
): { readonly engine: EmbeddedEngine; readonly host: Host } {
  const entry = (role: string): string => fileURLToPath(new URL(`../embedded/process/${role}-main.ts`, import.meta.url))
  const engine = new EmbeddedEngine({
    root,
    listenHost: '127.0.0.1',
    ephemeral: false,
    nodeScripts: { broker: entry('broker'), controller: entry('controller'), execArgv: sourceArguments },
    logger: silentLogger,
    dataKeys,
    readPartitions,
  })
  return { engine, host: createNodeHost() }
}
