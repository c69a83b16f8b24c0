/**
 * The refusals of the last day, of all nodes and of the AWS API, in the memory of the control plane: nodes forget theirs
 * when they end, so it reads them every few seconds and whenever somebody asks. It is for the question that follows a
 * failure; what has to outlive the control plane is in the logs of nodes and API, where each of these is a line too.
 *
 * Bounded by entries and by age. An entry that a node tells again replaces what it told before.
 */
import type { ApiCallEvent } from '@millrace/aws/audit'
import type { NodeRefusals } from '@millrace/engine/node-refusals'
import { quotaName } from '@millrace/policy/denials/quota-excess'
import type { Asker } from '../acls/dry-run.ts'
import { RecentEntries } from '@millrace/policy/denials/recent-entries'
import { apiEventOf, type ApiRefusal } from './api-refusal.ts'
import type { ApiEvent, ConnectionEvent, DenialEvent, WhyEvent } from './why-event.ts'

export interface WhyQuery {
  readonly sinceMs: number
  readonly principal?: string
  /** By name. */
  readonly cluster?: string
}

export interface WhyLogOptions {
  readonly nowMs: () => number
  /** What nodes turned away since this was last asked. */
  readonly read: () => Promise<readonly NodeRefusals[]>
}

interface SeenAsker extends Asker {
  readonly clusterId: string
  readonly lastMs: number
}

const KEPT_MS = 24 * 3_600_000
const ENTRIES_MAX = 10_000
const SEEN_MAX = 10_000
const API_ENTRIES_MAX = 2_000
const CALLER_ENTRIES_MAX = 200

type NodeEvent = ConnectionEvent | DenialEvent

export class WhyLog {
  readonly #options: WhyLogOptions
  /** By node, incarnation and id; told least recently first. */
  readonly #ofNodes = new Map<string, NodeEvent>()
  readonly #ofApi: RecentEntries<ApiRefusal>
  /** When clients came in last, by cluster, principal and host. */
  readonly #seen = new Map<string, SeenAsker>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: WhyLogOptions) {
    this.#options = options
    this.#ofApi = new RecentEntries({
      nowMs: options.nowMs,
      entriesMax: API_ENTRIES_MAX,
      groupEntriesMax: CALLER_ENTRIES_MAX,
    })
  }

  /** Reads the nodes from now on, until `stop`. */
  start(intervalMs: number): void {
    this.#timer ??= setInterval(() => void this.collect(), intervalMs).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** An AWS call as it went; kept when it was refused. */
  onApiCall(call: ApiCallEvent): void {
    const refusal = apiEventOf(call)
    if (refusal === null) return
    const caller = `${refusal.remoteAddress} ${refusal.principal ?? ''}`
    const asked = `${refusal.action} ${refusal.iam?.resource ?? ''} ${refusal.errorCode}`
    this.#ofApi.add(`${caller} ${asked}`, caller, refusal)
  }

  /** Takes over what nodes have to tell. */
  async collect(): Promise<void> {
    for (const told of await this.#options.read()) this.#take(told)
    const oldestMs = this.#options.nowMs() - KEPT_MS
    forget(this.#ofNodes, ENTRIES_MAX, oldestMs)
    forget(this.#seen, SEEN_MAX, oldestMs)
  }

  /** Who came in as a client of a cluster within the last day, and from where. */
  async seen(clusterId: string): Promise<Asker[]> {
    await this.collect()
    return [...this.#seen.values()]
      .filter((one) => one.clusterId === clusterId)
      .map(({ principal, host }) => ({ principal, host }))
  }

  /** The latest last. What several brokers say alike is one event. */
  async list({ sinceMs, principal, cluster }: WhyQuery): Promise<WhyEvent[]> {
    await this.collect()
    const api = this.#ofApi.list().map(({ id: _id, sequence: _sequence, ...event }): ApiEvent => event)
    return [...mergeNodes(this.#ofNodes.values()), ...api]
      .filter((event) => event.lastMs >= sinceMs)
      .filter((event) => cluster === undefined || (event.type !== 'api' && event.clusterName === cluster))
      .filter((event) => principal === undefined || isOf(event.principal, principal))
      .sort((a, b) => a.lastMs - b.lastMs)
  }

  #take({ clusterId, clusterName, nodeId, incarnation, refusals, denials, principals }: NodeRefusals): void {
    const at = { clusterId, clusterName, nodes: [nodeId] }
    const keep = (key: string, event: NodeEvent): void => {
      this.#ofNodes.delete(key)
      this.#ofNodes.set(key, event)
    }
    const node = `${clusterId}/${nodeId}/${incarnation}`
    for (const { id, sequence: _sequence, ...refusal } of refusals)
      keep(`${node}/connection/${id}`, { type: 'connection', ...at, ...refusal })
    for (const { id, sequence: _sequence, host, ...denial } of denials)
      keep(`${node}/denial/${id}`, { type: 'denial', ...at, remoteAddress: host, ...denial })
    for (const { principal, remoteAddress: host, lastMs } of principals) {
      const who = JSON.stringify([clusterId, principal, host])
      this.#seen.delete(who)
      this.#seen.set(who, { clusterId, principal, host, lastMs })
    }
  }
}

/** Entries are in the order in which they were told. */
function forget(entries: Map<string, { readonly lastMs: number }>, entriesMax: number, oldestMs: number): void {
  for (const [key, { lastMs }] of entries) {
    if (entries.size <= entriesMax && lastMs >= oldestMs) return
    entries.delete(key)
  }
}

function mergeNodes(events: Iterable<NodeEvent>): NodeEvent[] {
  const merged = new Map<string, NodeEvent>()
  for (const event of events) {
    const what =
      event.type === 'connection'
        ? [event.kind, event.listener, event.quota === null ? '' : quotaName(event.quota)]
        : [event.operation, event.resourceType, event.resourceName]
    const key = JSON.stringify([event.type, event.clusterId, event.principal, event.remoteAddress, ...what])
    const before = merged.get(key)
    if (before === undefined) merged.set(key, event)
    else {
      const latest = event.lastMs >= before.lastMs ? event : before
      merged.set(key, {
        ...latest,
        nodes: [...new Set([...before.nodes, ...event.nodes])].sort((a, b) => a - b),
        firstMs: Math.min(before.firstMs, event.firstMs),
        count: before.count + event.count,
      })
    }
  }
  return [...merged.values()]
}

/** `User:alice` by its whole name or as `alice`; an ARN also by its last part. */
function isOf(principal: string | null, asked: string): boolean {
  if (principal === null) return false
  const name = principal.slice(principal.indexOf(':') + 1)
  return principal === asked || name === asked || (principal.includes('arn:') && principal.endsWith(`/${asked}`))
}
