/**
 * What the clients of a run really asked of the brokers: each broker is asked over its control socket for the APIs and
 * versions it has served, by client software. The rows of docs/compatibility.md come from here.
 */
import { appendFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { NodeMessage } from '@millrace/engine/embedded/control-protocol'
import { parseMessage, readLines } from '@millrace/engine/embedded/control-protocol'
import { readNodeIdentity } from '@millrace/engine/embedded/node-config'
import type { ClientMetrics } from '@millrace/broker/telemetry/telemetry-metrics'
import type { ClientUsage } from '@millrace/network/request-usage'
import { nodeProcesses } from './processes.ts'

const ANSWER_LIMIT_MS = 5_000

/** Adds what the brokers of `dataDirectory` have counted to the file that MILLRACE_USAGE names, a line per broker. */
export async function recordUsage(dataDirectory: string): Promise<void> {
  const file = process.env['MILLRACE_USAGE']
  if (file === undefined) return
  const brokers = nodeProcesses(dataDirectory).filter(({ role }) => role === 'broker')
  for (const { directory } of brokers) {
    const clients = await clientUsage(directory)
    if (clients !== null) appendFileSync(file, `${JSON.stringify(clients)}\n`)
  }
}

/** What clients have pushed of themselves to the brokers of `dataDirectory` (KIP-714). */
export async function clientMetrics(dataDirectory: string): Promise<readonly ClientMetrics[]> {
  const brokers = nodeProcesses(dataDirectory).filter(({ role }) => role === 'broker')
  const told = await Promise.all(brokers.map(({ directory }) => askNode(directory, 'client-metrics')))
  return told.flatMap((message) => (message?.kind === 'client-metrics' ? message.clients : []))
}

async function clientUsage(directory: string): Promise<readonly ClientUsage[] | null> {
  const message = await askNode(directory, 'usage')
  return message?.kind === 'usage' ? message.clients : null
}

/** Null when the node does not answer: it may just be dying, as tests have it. */
function askNode(directory: string, kind: 'usage' | 'client-metrics'): Promise<NodeMessage | null> {
  const identity = readNodeIdentity(directory)
  if (identity === null) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = connect(identity.controlSocket)
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT_MS)
    let answer: NodeMessage | null = null
    socket.on('error', () => {})
    socket.on('connect', () => {
      socket.write(`${JSON.stringify({ kind: 'prove', nonce: identity.nonce })}\n${JSON.stringify({ kind })}\n`)
    })
    readLines(socket, (line) => {
      const message = parseMessage<NodeMessage>(line)
      if (message?.kind !== kind) return
      answer = message
      socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}
