/** The command line of a node: `--cluster NAME --node N --data-dir DIR`, a contract with scripts outside. */
import type { NodeRole } from '../../engine.ts'

export interface NodeArguments {
  readonly clusterName: string
  readonly nodeId: number
  readonly directory: string
}

/** @throws Error with a sentence on what is missing */
export function parseNodeArguments(argv: readonly string[]): NodeArguments {
  const values = new Map<string, string>()
  for (let at = 0; at < argv.length; at += 2) {
    const name = argv[at]
    const value = argv[at + 1]
    if (name === undefined || !['--cluster', '--node', '--data-dir'].includes(name)) {
      throw new Error(`unknown argument ${String(name)}: expected --cluster NAME --node N --data-dir DIR`)
    }
    if (value === undefined || value === '') throw new Error(`${name} needs a value`)
    values.set(name, value)
  }
  const clusterName = values.get('--cluster')
  const node = values.get('--node')
  const directory = values.get('--data-dir')
  if (clusterName === undefined || node === undefined || directory === undefined) {
    throw new Error('expected --cluster NAME --node N --data-dir DIR')
  }
  if (!/^\d{1,9}$/.test(node)) throw new Error(`--node needs a number, got ${node}`)
  return { clusterName, nodeId: Number(node), directory }
}

/** What `ps` shows, exactly. */
export function processTitle(role: NodeRole, node: NodeArguments): string {
  return `millrace-${role} --cluster ${node.clusterName} --node ${node.nodeId} --data-dir ${node.directory}`
}
