/** Embedded engines over one directory, whose nodes are the fixtures' processes. Tests only. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Logger, silentLogger } from '@millrace/base/logger'
import type { DataKeys } from '../data-keys.ts'
import type { ClusterSpec } from '../engine.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import type { NodeScripts } from './node-handle.ts'

const tsx = createRequire(import.meta.url).resolve('tsx')
const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}-fixture.ts`, import.meta.url))
export const nodeScripts: NodeScripts = {
  broker: fixture('broker'),
  controller: fixture('controller'),
  execArgv: ['--conditions', 'millrace-source', '--import', tsx],
}
export const never: AbortSignal = new AbortController().signal

export interface BenchOptions {
  readonly ephemeral?: boolean
  readonly dataKeys?: DataKeys
  readonly logger?: Logger
}

export class EngineBench {
  readonly root: string = mkdtempSync(join(tmpdir(), 'engine-'))
  readonly #engines: EmbeddedEngine[] = []

  openEngine({ ephemeral = false, dataKeys, logger = silentLogger }: BenchOptions = {}): EmbeddedEngine {
    const engine = new EmbeddedEngine({
      root: this.root,
      listenHost: '127.0.0.1',
      ephemeral,
      nodeScripts,
      logger,
      dataKeys: dataKeys ?? null,
      readPartitions: async () => [],
    })
    this.#engines.push(engine)
    return engine
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.close({ keepNodes: false })
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Two brokers and a controller. */
export function spec(properties: Record<string, string> = {}): ClusterSpec {
  return {
    id: '0f6ad4c2-7d3e-4a4b-9c53-2f1f5a0b6c11-2',
    name: 'orders',
    kafkaClusterId: 'Zq3Wb0mQT3q1v0pXl2sYwA',
    kafkaVersion: '3.9.x.kraft',
    brokers: [
      { nodeId: 1, zoneId: 'use1-az1' },
      { nodeId: 2, zoneId: 'use1-az2' },
    ],
    controllers: [{ nodeId: 10001 }],
    clientListeners: ['plaintext'],
    encryptsInCluster: false,
    encryptionAtRest: null,
    properties,
  }
}
