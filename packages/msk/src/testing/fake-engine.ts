/** An engine without processes: clusters are entries of a map, and a test decides what fails and when. */
import {
  type AdminAccess,
  type ClientListener,
  type ClusterId,
  type ClusterObservation,
  type ClusterSpec,
  type Engine,
  EngineError,
  type EngineEvent,
  type EngineStep,
  type NodeId,
  type NodeObservation,
  type SecuritySnapshot,
} from '@millrace/engine/engine'

export class FakeEngine implements Engine {
  readonly name = 'embedded'
  /** Every call that changes something, as text. */
  readonly calls: string[] = []
  /** What the nodes run with. */
  readonly running: Map<ClusterId, ClusterSpec> = new Map()
  readonly down: Set<string> = new Set()
  /** Why clusters were halted, the last time. */
  halted: string | null = null
  /** Throws what it returns before the call has an effect; null lets it pass. */
  fail: (call: string) => Error | null = () => null
  /** Called calls wait here until the test lets them go. */
  gate: (call: string) => Promise<void> = () => Promise.resolve()
  closed: { readonly keepNodes: boolean } | null = null
  /** As last pushed. */
  readonly security: Map<ClusterId, SecuritySnapshot> = new Map()
  readonly #listeners = new Set<(event: EngineEvent) => void>()

  async apply(desired: ClusterSpec, report: (step: EngineStep) => void, signal: AbortSignal): Promise<void> {
    await this.#begin(`apply ${desired.name}`, signal)
    report({ name: 'START_NODES', nodeId: null, status: 'COMPLETED' })
    this.running.set(desired.id, desired)
    for (const node of nodesOf(desired)) this.down.delete(`${desired.id}/${node.nodeId}`)
  }

  async observe(cluster: ClusterId): Promise<ClusterObservation> {
    const spec = this.running.get(cluster)
    const nodes = spec === undefined ? [] : nodesOf(spec)
    return {
      clusterId: cluster,
      nodes: nodes.map((node) =>
        this.down.has(`${cluster}/${node.nodeId}`)
          ? { ...node, state: 'starting', pid: null, reason: 'was ended by SIGKILL' }
          : node,
      ),
    }
  }

  async restart(cluster: ClusterId, node: NodeId): Promise<void> {
    await this.#begin(`restart ${node}`)
    this.down.delete(`${cluster}/${node}`)
  }

  async halt(cluster: ClusterId, reason: string): Promise<void> {
    this.calls.push('halt')
    const spec = this.running.get(cluster)
    for (const { nodeId } of spec === undefined ? [] : nodesOf(spec)) this.down.add(`${cluster}/${nodeId}`)
    this.halted = reason
  }

  async destroy(cluster: ClusterId): Promise<void> {
    await this.#begin('destroy')
    this.running.delete(cluster)
  }

  async adminAccess(): Promise<AdminAccess> {
    return { bootstrap: '127.0.0.1:20009', internalSecret: 'secret' }
  }

  async reachedBy(cluster: ClusterId, host: string): Promise<void> {
    await this.#begin(`reached by ${host}`)
    if (!this.running.has(cluster)) throw new EngineError(`cluster ${cluster} is not known here`)
  }

  pushSecurity(cluster: ClusterId, snapshot: SecuritySnapshot): void {
    this.security.set(cluster, snapshot)
  }

  async readRefusals(): Promise<readonly never[]> {
    return []
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(options: { readonly keepNodes: boolean }): Promise<void> {
    this.closed = options
  }

  /** A node dies; told at once. */
  kill(cluster: ClusterId, nodeId: NodeId): void {
    this.down.add(`${cluster}/${nodeId}`)
    this.#emit({ kind: 'node-down', clusterId: cluster, nodeId, role: 'broker', reason: 'was ended by SIGKILL' })
  }

  /** It came back by itself. */
  revive(cluster: ClusterId, nodeId: NodeId): void {
    this.down.delete(`${cluster}/${nodeId}`)
    this.#emit({ kind: 'node-up', clusterId: cluster, nodeId, role: 'broker', reason: null })
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async #begin(call: string, signal?: AbortSignal): Promise<void> {
    this.calls.push(call)
    await this.gate(call)
    signal?.throwIfAborted()
    const error = this.fail(call)
    if (error !== null) throw error
  }
}

function portOf(kind: ClientListener, nodeId: NodeId): number {
  const offset = ['plaintext', 'tls', 'scram', 'iam'].indexOf(kind)
  return nodeId === 1 ? 9092 + 2 * offset : 20_000 + nodeId * 10 + offset
}

function nodesOf(spec: ClusterSpec): NodeObservation[] {
  const brokers = spec.brokers.map(({ nodeId, zoneId }) => ({
    nodeId,
    role: 'broker' as const,
    state: 'running' as const,
    zoneId,
    pid: 1000 + nodeId,
    clientPorts: Object.fromEntries(spec.clientListeners.map((kind) => [kind, portOf(kind, nodeId)])),
    internalPort: 20_009 + nodeId * 10,
    reason: null,
  }))
  const controllers = spec.controllers.map(({ nodeId }) => ({
    nodeId,
    role: 'controller' as const,
    state: 'running' as const,
    zoneId: null,
    pid: 1000 + nodeId,
    clientPorts: {},
    internalPort: 29_009,
    reason: null,
  }))
  return [...brokers, ...controllers]
}
