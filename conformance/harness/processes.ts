/** The nodes that run for a data directory, found as an outsider would: by their command lines. Linux only. */
import { readFileSync, readdirSync } from 'node:fs'

export interface NodeProcess {
  readonly pid: number
  readonly role: 'broker' | 'controller'
  readonly cluster: string
  readonly nodeId: number
  readonly directory: string
}

export function nodeProcesses(dataDirectory: string): NodeProcess[] {
  const found: NodeProcess[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    let commandLine: string
    try {
      commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    } catch {
      continue
    }
    const match = /^millrace-(broker|controller) --cluster (\S+) --node (\d+) --data-dir (\S+)/.exec(commandLine)
    if (match === null || !(match[4] ?? '').startsWith(dataDirectory)) continue
    found.push({
      pid: Number(name),
      role: match[1] as 'broker' | 'controller',
      cluster: match[2] ?? '',
      nodeId: Number(match[3]),
      directory: match[4] ?? '',
    })
  }
  return found.toSorted((left, right) => left.nodeId - right.nodeId)
}

/** Waits until `condition` holds; throws after `limitMs` with `what` was waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = 30_000,
): Promise<number> {
  const startedMs = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedMs > limitMs)
      throw new Error(`waited ${limitMs} ms in vain for: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.now() - startedMs
}
