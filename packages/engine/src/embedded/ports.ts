/**
 * Ports of a cluster's nodes: allocated once, by binding, then written down and never changed.
 *
 * Every node owns a block of ten consecutive ports from 20000–31999 (below the ephemeral ports of Linux and macOS):
 *
 *   +0 plaintext  +1 TLS  +2 SCRAM  +3 IAM  +4…+6 their public twins  +7 JMX metrics  +8 node metrics  +9 internal
 *
 * The first broker takes MSK's own client ports, 9092 for plaintext, 9094 for TLS, 9096 for SCRAM, 9098 for IAM and their public
 * twins, each if it is free at that moment. Listeners for other VPCs get their ports when a cluster first has them: from 14001–14100 as on
 * MSK, or from a second block.
 */
import { createServer } from 'node:net'
import { type ClientListener, EngineError, type VpcListener } from '../engine.ts'

export const PORT_BLOCK_SIZE = 10
export const INTERNAL_PORT_OFFSET = 9
const FIRST_BLOCK_PORT = 20_000
const BLOCK_COUNT = 1200
/** Those with a place in the block of every broker, served or not. */
export type BlockListener = Exclude<ClientListener, VpcListener>

/** MSK's own port and the place in the block, of each kind of listener. */
export const CLIENT_PORTS: Readonly<Record<BlockListener, { readonly wellKnown: number; readonly offset: number }>> = {
  plaintext: { wellKnown: 9092, offset: 0 },
  tls: { wellKnown: 9094, offset: 1 },
  scram: { wellKnown: 9096, offset: 2 },
  iam: { wellKnown: 9098, offset: 3 },
  'public-tls': { wellKnown: 9194, offset: 4 },
  'public-scram': { wellKnown: 9196, offset: 5 },
  'public-iam': { wellKnown: 9198, offset: 6 },
}

/** MSK's ports of listeners for other VPCs, both included. */
export const VPC_PORTS: { readonly first: number; readonly last: number } = { first: 14_001, last: 14_100 }

/** The client ports of a node whose block begins at `portBlock`. */
export function portsOfBlock(portBlock: number): Readonly<Record<BlockListener, number>> {
  return Object.fromEntries(
    Object.entries(CLIENT_PORTS).map(([kind, { offset }]) => [kind, portBlock + offset]),
  ) as Record<BlockListener, number>
}

export interface PortRequest {
  readonly host: string
  /** First ports of blocks that other nodes own, running or not. */
  readonly takenBlocks: ReadonlySet<number>
  /** Where to start looking; blocks are tried in order from there. Given by the caller, so that a test can hold it. */
  readonly startBlock: number
  readonly canBind?: (host: string, port: number) => Promise<boolean>
}

/** First port of a block that nobody uses. */
export async function allocateBlock(request: PortRequest): Promise<number> {
  const free = request.canBind ?? canBind
  for (let tried = 0; tried < BLOCK_COUNT; tried++) {
    const block = FIRST_BLOCK_PORT + ((request.startBlock + tried) % BLOCK_COUNT) * PORT_BLOCK_SIZE
    if (request.takenBlocks.has(block)) continue
    const ports = Array.from({ length: PORT_BLOCK_SIZE }, (_, offset) => block + offset)
    const results = await Promise.all(ports.map((port) => free(request.host, port)))
    if (results.every(Boolean)) return block
  }
  throw new EngineError(`no free block of ${PORT_BLOCK_SIZE} ports is left between ${FIRST_BLOCK_PORT} and 31999`)
}

/** True when a listener on (host, port) can be opened right now. */
export function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

export function randomBlock(random: () => number): number {
  return Math.floor(random() * BLOCK_COUNT)
}
