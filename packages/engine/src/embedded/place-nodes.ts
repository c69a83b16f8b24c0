/** Gives every node of a cluster its ports, once. */
import type { ClusterSpec } from '../engine.ts'
import type { NodeRecord } from './cluster-directory.ts'
import { allocateBlock, canBind, INTERNAL_PORT_OFFSET, PLAINTEXT_PORT, randomBlock } from './ports.ts'

export interface PlaceRequest {
  readonly spec: ClusterSpec
  /** Records of this cluster's nodes: kept as they are. */
  readonly known: readonly NodeRecord[]
  /** Of all other clusters, running or not. */
  readonly others: readonly NodeRecord[]
  readonly listenHost: string
  /** Random blocks, and never the well-known port. */
  readonly ephemeral: boolean
  readonly random: () => number
  readonly canBind?: (host: string, port: number) => Promise<boolean>
}

/** Records for every node of `spec`, those in `known` unchanged. */
export async function placeNodes(request: PlaceRequest): Promise<readonly NodeRecord[]> {
  const { spec, known, others, listenHost } = request
  const free = request.canBind ?? canBind
  const taken = [...known, ...others]
  const takenBlocks = new Set(taken.map(({ portBlock }) => portBlock))
  const nodes: NodeRecord[] = []
  const wanted = [
    ...spec.brokers.map(({ nodeId, zoneId }) => ({ nodeId, zoneId, role: 'broker' as const })),
    ...spec.controllers.map(({ nodeId }) => ({ nodeId, zoneId: null, role: 'controller' as const })),
  ]
  let startBlock = request.ephemeral ? randomBlock(request.random) : 0
  for (const { nodeId, zoneId, role } of wanted) {
    const record = known.find((one) => one.nodeId === nodeId)
    if (record !== undefined) {
      nodes.push(record)
      continue
    }
    const portBlock = await allocateBlock({ host: listenHost, takenBlocks, startBlock, canBind: free })
    takenBlocks.add(portBlock)
    if (request.ephemeral) startBlock = randomBlock(request.random)
    let clientPort: number | null = role === 'broker' ? portBlock : null
    const wellKnownIsOurs = !request.ephemeral && role === 'broker' && nodeId === spec.brokers[0]?.nodeId
    if (
      wellKnownIsOurs &&
      !taken.some((one) => one.clientPort === PLAINTEXT_PORT) &&
      (await free(listenHost, PLAINTEXT_PORT))
    ) {
      clientPort = PLAINTEXT_PORT
    }
    nodes.push({ nodeId, role, zoneId, portBlock, clientPort, internalPort: portBlock + INTERNAL_PORT_OFFSET })
  }
  return nodes
}
