/** One member of a classic group: what it joined with, what it was assigned, and the answers it waits for. */
import type { TimerHandle } from '@millrace/base/host'

export interface MemberProtocol {
  /** The assignor's name: 'range', 'cooperative-sticky', … */
  readonly name: string
  /** Opaque to the broker; for consumers a ConsumerProtocolSubscription. */
  readonly metadata: Buffer
}

export interface JoinResult {
  readonly errorCode: number
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string
  readonly memberId: string
  /** The leader need not compute an assignment (KIP-814). */
  readonly skipAssignment: boolean
  /** Filled for the leader only. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Buffer
  }[]
}

export interface SyncResult {
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export interface MemberOptions {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** '/' and the address, as Java prints an InetAddress. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocols: readonly MemberProtocol[]
}

const NOTHING = Buffer.alloc(0)

export class Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  clientId: string
  clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly MemberProtocol[]
  assignment: Buffer = NOTHING
  /** Joined for the first time and not yet part of a generation. */
  isNew: boolean = false
  awaitingJoin: ((result: JoinResult) => void) | null = null
  awaitingSync: ((result: SyncResult) => void) | null = null
  /** Monotonic ms at which the session ends unless something is heard before. */
  sessionDeadlineMs: number = Infinity
  sessionTimer: TimerHandle | null = null

  constructor(options: MemberOptions) {
    this.memberId = options.memberId
    this.groupInstanceId = options.groupInstanceId
    this.clientId = options.clientId
    this.clientHost = options.clientHost
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs
    this.sessionTimeoutMs = options.sessionTimeoutMs
    this.protocols = options.protocols
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /** Metadata given for the assignor `name`; empty when it does not support it. */
  metadataFor(name: string | null): Buffer {
    return this.protocols.find((protocol) => protocol.name === name)?.metadata ?? NOTHING
  }

  /** The same assignors in the same order with the same metadata. */
  hasSameProtocols(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false
    return protocols.every((protocol, index) => {
      const own = this.protocols[index]
      return own !== undefined && own.name === protocol.name && own.metadata.equals(protocol.metadata)
    })
  }
}
