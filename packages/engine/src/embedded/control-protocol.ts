/**
 * How engine and node process talk: JSON lines, over stdin/stdout for a child, over the control socket for a node that
 * was adopted. The same messages on both; on the socket the engine first proves that it knows the nonce of `node.json`
 * (a file only its owner can read), and the answer proves that the process behind the socket is the one that wrote it.
 *
 *   engine → node   {"kind":"prove","nonce":…}  {"kind":"stop","controlled":true}  {"kind":"certificate",…}
 *                   {"kind":"usage"}  {"kind":"client-metrics"}
 *   node → engine   {"kind":"proved","nonce":…,"pid":…}  {"kind":"starting"}  {"kind":"ready"}  {"kind":"failed","reason":…}
 *                   {"kind":"usage","clients":[…]}, {"kind":"client-metrics","clients":[…]}, when asked
 */
import type { Readable } from 'node:stream'
import type { TlsServerOptions } from '@millrace/base/host'
import type { ClientMetrics } from '@millrace/broker/telemetry/telemetry-metrics'
import type { ClientUsage } from '@millrace/network/request-usage'

export type EngineMessage =
  | { readonly kind: 'prove'; readonly nonce: string }
  | { readonly kind: 'stop'; readonly controlled: boolean }
  /** Whoever connects by TLS from now on is shown this one. */
  | { readonly kind: 'certificate'; readonly tls: TlsServerOptions }
  | { readonly kind: 'usage' }
  | { readonly kind: 'client-metrics' }

export type NodeMessage =
  | { readonly kind: 'proved'; readonly nonce: string; readonly pid: number; readonly configHash: string }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'usage'; readonly clients: readonly ClientUsage[] }
  /** What clients push of themselves (KIP-714). */
  | { readonly kind: 'client-metrics'; readonly clients: readonly ClientMetrics[] }

const LINE_BYTES_MAX = 1024 * 1024

/** Calls `onLine` for every complete line; a peer that never ends its line is cut off. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
    if (pending.length > LINE_BYTES_MAX) stream.destroy(new Error('a line of the control protocol is too long'))
  })
}

/** The message in `line`; null for anything that is not one (a stray print of a library, for example). */
export function parseMessage<T extends { readonly kind: string }>(line: string): T | null {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string') {
      return value as T
    }
  } catch {
    // Not JSON, so not ours.
  }
  return null
}
