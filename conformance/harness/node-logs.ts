/** What the nodes of a data directory have logged. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export function nodeLogs(dataDirectory: string): string {
  return readdirSync(dataDirectory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /logs\/broker-\d+\.log$/.test(name))
    .map((name) => readFileSync(join(dataDirectory, name), 'utf8'))
    .join('')
}
