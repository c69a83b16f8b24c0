/**
 * How engine and node process talk: JSON lines, over stdin/stdout for a child, over the control socket for a node that
 * was adopted. The same messages on both; on the socket the engine first proves that it knows the nonce of `node.json`
 * (a file only its owner can read), and the answer proves that the process behind the socket is the one that wrote it.
 *
 *   engine → node   {"kind":"prove","nonce":…}  {"kind":"stop","controlled":true}  {"kind":"certificate",…}
 *                   {"kind":"security-part",…} …  {"kind":"security","snapshot":…}  {"kind":"usage"}  {"kind":"client-metrics"}
 *                   {"kind":"refusals","after":{…}}
 *   node → engine   {"kind":"proved","nonce":…,"pid":…}  {"kind":"starting"}  {"kind":"ready"}  {"kind":"failed","reason":…}
 *                   {"kind":"usage","clients":[…]}, {"kind":"client-metrics","clients":[…]}, when asked
 *                   {"kind":"refusals","refusals":[…],"denials":[…],"principals":[…]}, when asked
 */
import type { Readable } from 'node:stream'
import type { TlsServerOptions } from '@millrace/base/host'
import type { ClientMetrics } from '@millrace/broker/telemetry/telemetry-metrics'
import type { Refusal } from '@millrace/network/refusals'
import type { ClientUsage } from '@millrace/network/request-usage'
import type { SeenPrincipal } from '@millrace/network/seen-principals'
import type { Denial } from '@millrace/policy/denials/denials'
import type { SecurityMessage, SecurityPart } from './security-parts.ts'

export type EngineMessage =
  | { readonly kind: 'prove'; readonly nonce: string }
  | { readonly kind: 'stop'; readonly controlled: boolean }
  /** Whoever connects by TLS from now on is shown this one. */
  | { readonly kind: 'certificate'; readonly tls: TlsServerOptions }
  /** Replaces what the node goes by, for connections that are open too. A large one comes in parts, its end last. */
  | SecurityPart
  | SecurityMessage
  | { readonly kind: 'usage' }
  | { readonly kind: 'client-metrics' }
  /** What was turned away behind these; answered with a page of it. */
  | { readonly kind: 'refusals'; readonly after: RefusalCursor }

/** Sequences of the last entries that were read. */
export interface RefusalCursor {
  readonly refusal: number
  readonly denial: number
  readonly principal: number
}

export type NodeMessage =
  | { readonly kind: 'proved'; readonly nonce: string; readonly pid: number; readonly configHash: string }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'usage'; readonly clients: readonly ClientUsage[] }
  /** What clients push of themselves (KIP-714). */
  | { readonly kind: 'client-metrics'; readonly clients: readonly ClientMetrics[] }
  | {
      readonly kind: 'refusals'
      readonly refusals: readonly Refusal[]
      readonly denials: readonly Denial[]
      readonly principals: readonly SeenPrincipal[]
    }

/** Of what a peer says that has proved nothing yet, and of what nodes tell. */
export const LINE_LENGTH_MAX: number = 1024 * 1024
/** Of what the engine tells a node, the line with which it starts above all: a snapshot of ten thousand principals with long policies has some 50 MB. */
export const ENGINE_LINE_LENGTH_MAX: number = 128 * 1024 * 1024

/**
 * Calls `onLine` for every complete line; a peer that never ends its line is cut off.
 * @param lengthMax asked anew with every piece: a peer that has proved itself may say more
 */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  lengthMax: () => number = () => LINE_LENGTH_MAX,
): void {
  // Pieces are joined once, when the line ends: a line may come in thousands of them.
  let pending: string[] = []
  let length = 0
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      pending.push(text.slice(start, end))
      const line = pending.join('')
      pending = []
      length = 0
      start = end + 1
      if (line !== '') onLine(line)
    }
    if (start === text.length) return
    pending.push(text.slice(start))
    length += text.length - start
    if (length > lengthMax()) stream.destroy(new Error('a line of the control protocol is too long'))
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
