/**
 * Carries ISR proposals to the controller: one AlterPartition in flight, all proposals that came up meanwhile in the
 * next. A proposal is sent until the controller has answered for its partition, since an answer that got lost may have
 * been a yes. Facts: kafka-protocol §4.2 (KIP-497, KIP-903).
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  alterPartitionRequest,
  alterPartitionResponse,
  type AlterPartitionResponse,
} from '@millrace/protocol/messages/56-alter-partition'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'
import type { IsrAnswer, IsrProposal } from './partition-environment.ts'

const VERSION = 3
const REQUEST_TIMEOUT_MS = 10_000
const RETRY_MS = 50
const RETRY_MS_MAX = 1_000

const TRANSIENT_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.REQUEST_TIMED_OUT,
])

interface Pending {
  readonly proposal: IsrProposal
  readonly callback: (answer: IsrAnswer) => void
}

export interface IsrSenderOptions {
  readonly host: Host
  readonly logger: Logger
  readonly nodeId: number
  readonly channel: ControllerChannel
  readonly brokerEpoch: () => number
}

export class IsrSender {
  readonly #options: IsrSenderOptions
  /** By partition; a newer proposal replaces one that has not been sent. */
  #unsent: Map<string, Pending> = new Map()
  #inFlight = false
  #retry: TimerHandle | null = null
  #failures = 0
  #closed = false

  constructor(options: IsrSenderOptions) {
    this.#options = options
  }

  propose(proposal: IsrProposal, callback: (answer: IsrAnswer) => void): void {
    this.#unsent.set(keyOf(proposal.topicId, proposal.partition), { proposal, callback })
    // Proposals of one turn (all partitions of a broker that came back) travel together.
    if (!this.#inFlight && this.#retry === null) this.#options.host.tick(() => this.#send())
  }

  close(): void {
    this.#closed = true
    this.#unsent.clear()
    if (this.#retry !== null) this.#options.host.timers.clear(this.#retry)
    this.#retry = null
  }

  #send(): void {
    if (this.#inFlight || this.#closed || this.#retry !== null || this.#unsent.size === 0) return
    const sent = this.#unsent
    this.#unsent = new Map()
    this.#inFlight = true
    const topics = new Map<string, IsrProposal[]>()
    for (const { proposal } of sent.values()) {
      const partitions = topics.get(proposal.topicId)
      if (partitions === undefined) topics.set(proposal.topicId, [proposal])
      else partitions.push(proposal)
    }
    const body = {
      brokerId: this.#options.nodeId,
      brokerEpoch: this.#options.brokerEpoch(),
      topics: [...topics].map(([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map((proposal) => ({
          partitionIndex: proposal.partition,
          leaderEpoch: proposal.leaderEpoch,
          newIsrWithEpochs: proposal.isr,
          leaderRecoveryState: 0,
          partitionEpoch: proposal.partitionEpoch,
        })),
      })),
    }
    const answered = (error: Error | null, response: AlterPartitionResponse | null): void => {
      this.#inFlight = false
      if (this.#closed) return
      if (error !== null || response === null || response.errorCode !== ErrorCode.NONE) {
        this.#options.logger.debug('AlterPartition failed', {
          error: error?.message ?? null,
          errorCode: response?.errorCode ?? null,
        })
        this.#again(sent)
        return
      }
      this.#failures = 0
      for (const topic of response.topics) {
        for (const answer of topic.partitions) {
          const key = keyOf(topic.topicId, answer.partitionIndex)
          const pending = sent.get(key)
          // Not this proposal's fault: it is sent again.
          if (pending === undefined || TRANSIENT_ERRORS.has(answer.errorCode)) continue
          sent.delete(key)
          pending.callback(answer)
        }
      }
      if (sent.size > 0) this.#again(sent)
      else this.#send()
    }
    this.#options.channel.send(
      alterPartitionRequest,
      alterPartitionResponse,
      VERSION,
      body,
      answered,
      REQUEST_TIMEOUT_MS,
    )
  }

  #again(sent: Map<string, Pending>): void {
    for (const [key, pending] of sent) if (!this.#unsent.has(key)) this.#unsent.set(key, pending)
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** this.#failures++)
    this.#retry = this.#options.host.timers.set(delayMs, () => {
      this.#retry = null
      this.#send()
    })
  }
}

function keyOf(topicId: string, partition: number): string {
  return `${topicId}:${partition}`
}
