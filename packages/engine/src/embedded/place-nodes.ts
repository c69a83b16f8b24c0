/** Gives every node of a cluster its ports, once. */
import type { ClientListener, ClusterSpec } from '../engine.ts'
import type { NodeRecord } from './cluster-directory.ts'
import { allocateBlock, canBind, CLIENT_PORTS, INTERNAL_PORT_OFFSET, portsOfBlock, randomBlock } from './ports.ts'

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
    const mayTakeWellKnown = !request.ephemeral && role === 'broker' && nodeId === spec.brokers[0]?.nodeId
    const isFree = async (port: number): Promise<boolean> =>
      mayTakeWellKnown && !taken.some(({ clientPorts }) => owns(clientPorts, port)) && free(listenHost, port)
    const ports = portsOfBlock(portBlock)
    const portOf = async (kind: ClientListener): Promise<number> =>
      (await isFree(CLIENT_PORTS[kind].wellKnown)) ? CLIENT_PORTS[kind].wellKnown : ports[kind]
    const clientPorts =
      role === 'broker'
        ? {
            plaintext: await portOf('plaintext'),
            tls: await portOf('tls'),
            scram: await portOf('scram'),
            iam: await portOf('iam'),
          }
        : null
    nodes.push({ nodeId, role, zoneId, portBlock, clientPorts, internalPort: portBlock + INTERNAL_PORT_OFFSET })
  }
  return nodes
}

function owns(ports: NodeRecord['clientPorts'], port: number): boolean {
  return ports !== null && Object.values(ports).includes(port)
}
