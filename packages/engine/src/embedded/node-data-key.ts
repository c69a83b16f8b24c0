/**
 * The data key of a node, wrapped, in `DIR/data-key`: made with the node's directory, never changed. It is durable before
 * anything is sealed with it.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { META_PROPERTIES_FILE } from '@millrace/log/meta-properties'
import type { DataKeyOwner, DataKeys } from '../data-keys.ts'
import { EngineError } from '../engine.ts'

const FILE = 'data-key'

/** @throws EngineError when it cannot be had: the message says why, and where the wrapped one lies */
export async function nodeDataKey(directory: string, owner: DataKeyOwner, keys: DataKeys): Promise<Buffer> {
  const { nodeId, keyArn } = owner
  const path = join(directory, FILE)
  try {
    if (existsSync(path)) return await keys.unwrap(owner, readFileSync(path))
    if (existsSync(join(directory, META_PROPERTIES_FILE))) throw new Error('it is gone, and the data is there')
    const { plaintext, wrapped } = await keys.generate(owner)
    mkdirSync(directory, { recursive: true })
    writeDurably(directory, wrapped)
    return plaintext
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EngineError(`the data key ${path}, wrapped by ${keyArn}, cannot be had: ${reason}`, {
      nodeId,
      cause: error,
    })
  }
}

function writeDurably(directory: string, wrapped: Buffer): void {
  const path = join(directory, FILE)
  const file = openSync(`${path}.tmp`, 'w', 0o600)
  try {
    writeSync(file, wrapped)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.tmp`, path)
  const parent = openSync(directory, 'r')
  try {
    fsyncSync(parent)
  } finally {
    closeSync(parent)
  }
}
