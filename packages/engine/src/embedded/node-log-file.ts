/** Where a node writes its log: beside the directories of the cluster's nodes, so that it outlives them. */
import { basename, dirname, join } from 'node:path'

/** Rotated by the node itself. */
export function nodeLogFile(nodeDirectory: string): string {
  return join(dirname(nodeDirectory), 'logs', `${basename(nodeDirectory)}.log`)
}

/** What a node says past its logger: V8's and the system's last words. Nearly always empty, and so never rotated. */
export function nodeStderrFile(nodeDirectory: string): string {
  return join(dirname(nodeDirectory), 'logs', `${basename(nodeDirectory)}.stderr`)
}
