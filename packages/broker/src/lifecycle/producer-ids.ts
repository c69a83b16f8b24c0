/**
 * Producer ids, handed out from blocks of 1000 that the controller allocates and never allocates again
 * (AllocateProducerIds, KIP-730). What is left of a block at a restart is lost, which costs nothing.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
  type AllocateProducerIdsResponse,
} from '@millrace/protocol/messages/67-allocate-producer-ids'
import type { ControllerChannel } from './controller-channel.ts'

const VERSION = 0
const REQUEST_TIMEOUT_MS = 5_000
const WAITING_MAX = 10_000

export type ProducerIdCallback = (errorCode: number, producerId: number) => void

export interface ProducerIdsOptions {
  readonly nodeId: number
  readonly brokerEpoch: () => number
  readonly channel: ControllerChannel
}

export class ProducerIds {
  readonly #options: ProducerIdsOptions
  #next = 0
  #end = 0
  #asking = false
  #waiting: ProducerIdCallback[] = []

  constructor(options: ProducerIdsOptions) {
    this.#options = options
  }

  /**
   * A producer id never given before in this cluster. COORDINATOR_LOAD_IN_PROGRESS (retriable) and -1 while the
   * controller is away.
   */
  next(callback: ProducerIdCallback): void {
    if (this.#next < this.#end) return callback(ErrorCode.NONE, this.#next++)
    if (this.#waiting.length === WAITING_MAX) return callback(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, -1)
    this.#waiting.push(callback)
    this.#ask()
  }

  #ask(): void {
    if (this.#asking) return
    this.#asking = true
    const { channel, nodeId, brokerEpoch } = this.#options
    const body = { brokerId: nodeId, brokerEpoch: brokerEpoch() }
    const answered = (error: Error | null, response: AllocateProducerIdsResponse | null): void => {
      this.#asking = false
      if (error === null && response !== null && response.errorCode === ErrorCode.NONE) {
        this.#next = response.producerIdStart
        this.#end = response.producerIdStart + response.producerIdLen
      }
      this.#serve()
    }
    channel.send(allocateProducerIdsRequest, allocateProducerIdsResponse, VERSION, body, answered, REQUEST_TIMEOUT_MS)
  }

  #serve(): void {
    const waiting = this.#waiting
    this.#waiting = []
    // Without a block everyone is refused; with one, more may have waited than it holds.
    const refuse = this.#next === this.#end
    for (const callback of waiting) {
      if (refuse) callback(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, -1)
      else this.next(callback)
    }
  }
}
