/** Where the node programs lie: beside the built command, as scripts/build.mjs bundles them. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NodeScripts } from '@millrace/engine/embedded/node-handle'

export function nodeScripts(): NodeScripts {
  const directory = dirname(fileURLToPath(import.meta.url))
  return {
    broker: join(directory, 'millrace-broker.js'),
    controller: join(directory, 'millrace-controller.js'),
    execArgv: [],
  }
}
