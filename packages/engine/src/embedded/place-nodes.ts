/** Gives every node of a cluster its ports, once. */
import { CLIENT_LISTENERS } from '../client-listeners.ts'
import type { ClientListener, ClusterSpec, VpcListener } from '../engine.ts'
import type { ClientPorts, NodeRecord } from './cluster-directory.ts'
import {
  allocateBlock,
  type BlockListener,
  canBind,
  CLIENT_PORTS,
  INTERNAL_PORT_OFFSET,
  PORT_BLOCK_SIZE,
  portsOfBlock,
  randomBlock,
  VPC_PORTS,
} from './ports.ts'

export interface PlaceRequest {
  readonly spec: ClusterSpec
  /** Records of this cluster's nodes: kept as they are. */
  readonly known: readonly NodeRecord[]
  /** Of all other clusters, running or not. */
  readonly others: readonly NodeRecord[]
  readonly listenHost: string
  /** Random blocks, and never the well-known port. */
  readonly randomPorts: boolean
  readonly random: () => number
  readonly canBind?: (host: string, port: number) => Promise<boolean>
}

/** Records for every node of `spec`; those in `known` with the ports they had, and those they lack. */
export async function placeNodes(request: PlaceRequest): Promise<readonly NodeRecord[]> {
  const { spec, known, others, listenHost } = request
  const free = request.canBind ?? canBind
  const taken = [...known, ...others]
  const takenBlocks = new Set(taken.flatMap(blocksOf))
  const nodes: NodeRecord[] = []
  const wanted = [
    ...spec.brokers.map(({ nodeId, zoneId }) => ({ nodeId, zoneId, role: 'broker' as const })),
    ...spec.controllers.map(({ nodeId }) => ({ nodeId, zoneId: null, role: 'controller' as const })),
  ]
  let startBlock = request.randomPorts ? randomBlock(request.random) : 0
  const newBlock = async (): Promise<number> => {
    const block = await allocateBlock({ host: listenHost, takenBlocks, startBlock, canBind: free })
    takenBlocks.add(block)
    if (request.randomPorts) startBlock = randomBlock(request.random)
    return block
  }
  for (const { nodeId, zoneId, role } of wanted) {
    const record = known.find((one) => one.nodeId === nodeId)
    if (record !== undefined) {
      nodes.push(record)
      continue
    }
    const portBlock = await newBlock()
    const mayTakeWellKnown = !request.randomPorts && role === 'broker' && nodeId === spec.brokers[0]?.nodeId
    const isFree = async (port: number): Promise<boolean> =>
      mayTakeWellKnown && !taken.some(({ clientPorts }) => owns(clientPorts, port)) && free(listenHost, port)
    const clientPorts: Record<BlockListener, number> = { ...portsOfBlock(portBlock) }
    if (role === 'broker') {
      for (const kind of Object.keys(CLIENT_PORTS) as BlockListener[]) {
        const { wellKnown } = CLIENT_PORTS[kind]
        if (await isFree(wellKnown)) clientPorts[kind] = wellKnown
      }
    }
    const internalPort = portBlock + INTERNAL_PORT_OFFSET
    nodes.push({ nodeId, role, zoneId, portBlock, clientPorts: role === 'broker' ? clientPorts : null, internalPort })
  }
  return withVpcPorts(nodes, { ...request, canBind: free }, newBlock)
}

/** Brokers that are to listen for other VPCs, and have no ports for it yet, get them. */
async function withVpcPorts(
  nodes: readonly NodeRecord[],
  { spec, others, listenHost, randomPorts, canBind: free }: PlaceRequest & Required<Pick<PlaceRequest, 'canBind'>>,
  newBlock: () => Promise<number>,
): Promise<readonly NodeRecord[]> {
  const kinds = spec.clientListeners.filter((kind): kind is VpcListener => CLIENT_LISTENERS[kind].from === 'other-vpcs')
  const taken = new Set([...others, ...nodes].flatMap(({ clientPorts }) => Object.values(clientPorts ?? {})))
  const wellKnown = async (): Promise<number | null> => {
    if (randomPorts) return null
    for (let port = VPC_PORTS.first; port <= VPC_PORTS.last; port++) {
      if (!taken.has(port) && (await free(listenHost, port))) return port
    }
    return null
  }
  const placed: NodeRecord[] = []
  for (const node of nodes) {
    const missing = node.clientPorts === null ? [] : kinds.filter((kind) => node.clientPorts?.[kind] === undefined)
    const ports: Partial<Record<VpcListener, number>> = {}
    let block: number | null = null
    for (const [index, kind] of missing.entries()) {
      let port = await wellKnown()
      if (port === null) port = (block ??= await newBlock()) + index
      taken.add(port)
      ports[kind] = port
    }
    placed.push(node.clientPorts === null ? node : { ...node, clientPorts: { ...node.clientPorts, ...ports } })
  }
  return placed
}

/** First ports of the blocks that a node has: its own, and those it was given for other VPCs. */
function blocksOf({ portBlock, clientPorts }: NodeRecord): number[] {
  const ports = Object.entries(clientPorts ?? {}) as [ClientListener, number][]
  const vpcPorts = ports.flatMap(([kind, port]) => (CLIENT_LISTENERS[kind].from === 'other-vpcs' ? [port] : []))
  return [portBlock, ...vpcPorts.map((port) => port - (port % PORT_BLOCK_SIZE))]
}

function owns(ports: ClientPorts | null, port: number): boolean {
  return ports !== null && Object.values(ports).includes(port)
}
