/**
 * The broker's standing with the controller: registers, sends heartbeats, registers again when the controller has lost
 * the registration, asks for a controlled shutdown. It decides nothing about serving: a broker whose controller is away
 * serves on with its last image. Facts: kafka-protocol §4.1, §4.3 (BrokerRegistration, BrokerHeartbeat).
 *
 * Timing: a heartbeat every broker.heartbeat.interval.ms; at once when something is waited for (to be unfenced, to be
 * let go), with doubling pauses while the answer stays no.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
  type BrokerRegistrationResponse,
} from '@millrace/protocol/messages/62-broker-registration'
import {
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
  type BrokerHeartbeatResponse,
} from '@millrace/protocol/messages/63-broker-heartbeat'
import { Backoff } from '../replication/backoff.ts'
import { BrokerState, type BrokerStateName } from './broker-state.ts'
import type { ControllerChannel } from './controller-channel.ts'

const REGISTRATION_VERSION = 4
const HEARTBEAT_VERSION = 1
const REQUEST_TIMEOUT_MS = 5_000
const RETRY_MS = 10

export interface RegisteredListener {
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT. */
  readonly securityProtocol: number
}

export interface LifecycleOptions {
  readonly host: Host
  readonly logger: Logger
  readonly channel: ControllerChannel
  readonly clusterId: Uuid
  readonly nodeId: number
  /** Made once per process start. */
  readonly incarnationId: Uuid
  readonly rack: string | null
  readonly listeners: readonly RegisteredListener[]
  readonly features: readonly {
    readonly name: string
    readonly minSupportedVersion: number
    readonly maxSupportedVersion: number
  }[]
  readonly directoryId: Uuid
  /** Of the clean shutdown before; -1 when there was none. */
  readonly previousBrokerEpoch: number
  readonly heartbeatIntervalMs: number
  /** Offset of the last record of the image in force. */
  readonly metadataOffset: () => number
  /** The controller gave an epoch: the image may be applied once it contains that offset. */
  readonly onRegistered: (brokerEpoch: number) => void
  readonly onState: (to: BrokerStateName) => void
  /** The controller will never accept this broker; `error` says why. */
  readonly onRefused: (error: Error) => void
}

export class BrokerLifecycle {
  readonly #options: LifecycleOptions
  readonly #state: BrokerState
  readonly #retry: Backoff
  #brokerEpoch = -1
  #caughtUp = false
  #directoryFailed = false
  #inFlight = false
  #again = false
  #timer: TimerHandle | null = null
  #onGone: (() => void) | null = null

  constructor(options: LifecycleOptions) {
    this.#options = options
    this.#retry = new Backoff(RETRY_MS, options.heartbeatIntervalMs)
    this.#state = new BrokerState((from, to, event) => {
      options.logger.info('broker state', { from, to, event })
      options.onState(to)
    })
  }

  get state(): BrokerStateName {
    return this.#state.name
  }

  /** -1 before the first registration. */
  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  start(): void {
    this.#register()
  }

  /** The image contains the registration and has been applied: from now on heartbeats ask to be unfenced. */
  caughtUp(): void {
    if (this.#caughtUp) return
    this.#caughtUp = true
    this.#heartbeatNow()
  }

  /** The connection to the controller was lost: show at once that this broker lives. */
  connectionLost(): void {
    if (this.#state.name !== 'shuttingDown') this.#schedule(RETRY_MS)
  }

  /** The log directory is unusable: tells the controller, which moves the leaderships. */
  directoryFailed(): void {
    this.#directoryFailed = true
    this.#heartbeatNow()
  }

  /** The log directory can be written again: asks to be let in. */
  directoryRecovered(): void {
    this.#directoryFailed = false
    this.#retry.reset()
    this.#heartbeatNow()
  }

  /** Asks the controller to move leaderships away; `callback` when it has, or when it cannot be asked, or after `timeoutMs`. */
  shutDown(timeoutMs: number, callback: () => void): void {
    this.#state.on('shutdownAsked')
    if (this.#state.name === 'shuttingDown') return callback()
    const timer = this.#options.host.timers.set(timeoutMs, () => {
      this.#options.logger.warn('controlled shutdown took too long', { timeoutMs })
      this.#gone()
    })
    this.#onGone = () => {
      this.#options.host.timers.clear(timer)
      callback()
    }
    this.#retry.reset()
    this.#heartbeatNow()
  }

  close(): void {
    this.#state.on('closed')
    this.#onGone = null
    this.#clearTimer()
  }

  #gone(): void {
    const onGone = this.#onGone
    this.#onGone = null
    onGone?.()
  }

  #register(): void {
    if (this.#inFlight) return
    this.#inFlight = true
    const { channel, clusterId, nodeId, incarnationId, listeners, features, rack, directoryId, previousBrokerEpoch } =
      this.#options
    const body = {
      brokerId: nodeId,
      clusterId,
      incarnationId,
      listeners,
      features,
      rack,
      logDirs: [directoryId],
      previousBrokerEpoch,
    }
    const answered = (error: Error | null, response: BrokerRegistrationResponse | null): void => {
      this.#inFlight = false
      if (this.#state.name !== 'starting') return
      if (error !== null || response === null) return this.#schedule(this.#retry.next())
      if (response.errorCode === ErrorCode.NONE) return this.#registered(response.brokerEpoch)
      const name = errorName(response.errorCode)
      this.#options.logger.warn('the controller refused the registration', { error: name })
      if (FATAL_REGISTRATION_ERRORS.has(response.errorCode)) {
        this.#options.onRefused(new Error(`the controller refused the registration of broker ${nodeId}: ${name}`))
      } else this.#schedule(this.#retry.next())
    }
    channel.send(
      brokerRegistrationRequest,
      brokerRegistrationResponse,
      REGISTRATION_VERSION,
      body,
      answered,
      REQUEST_TIMEOUT_MS,
    )
  }

  #registered(brokerEpoch: number): void {
    this.#brokerEpoch = brokerEpoch
    this.#retry.reset()
    this.#state.on('registered')
    this.#options.onRegistered(brokerEpoch)
    this.#heartbeatNow()
  }

  #heartbeatNow(): void {
    if (this.#state.name === 'shuttingDown' || this.#state.name === 'starting') return
    if (this.#inFlight) this.#again = true
    else this.#heartbeat()
  }

  #heartbeat(): void {
    this.#clearTimer()
    this.#inFlight = true
    this.#again = false
    const { channel, nodeId, directoryId, metadataOffset } = this.#options
    const leaving = this.#state.name === 'pendingControlledShutdown'
    const askedUnfenced = this.#caughtUp && !leaving
    const body = {
      brokerId: nodeId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: metadataOffset(),
      wantFence: !this.#caughtUp,
      wantShutDown: leaving,
      offlineLogDirs: this.#directoryFailed ? [directoryId] : [],
    }
    const answered = (error: Error | null, response: BrokerHeartbeatResponse | null): void => {
      this.#inFlight = false
      if (this.#state.name === 'shuttingDown') return
      if (error !== null || response === null) return this.#unanswered()
      this.#answered(response, askedUnfenced)
    }
    channel.send(brokerHeartbeatRequest, brokerHeartbeatResponse, HEARTBEAT_VERSION, body, answered, REQUEST_TIMEOUT_MS)
  }

  /** The controller is away. A broker that wants to leave does not wait for it. */
  #unanswered(): void {
    if (this.#state.name === 'pendingControlledShutdown') this.#gone()
    else this.#schedule(this.#retry.next())
  }

  #answered(response: BrokerHeartbeatResponse, askedUnfenced: boolean): void {
    const { errorCode } = response
    if (errorCode === ErrorCode.STALE_BROKER_EPOCH || errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED) {
      this.#state.on('registrationLost')
      if (this.#state.name === 'shuttingDown') return this.#gone()
      return this.#register()
    }
    if (errorCode !== ErrorCode.NONE) return this.#unanswered()
    if (response.shouldShutDown) return this.#gone()
    this.#state.on(response.isFenced ? 'fenced' : 'unfenced')
    const waitsForAnswer =
      this.#state.name === 'pendingControlledShutdown' || (askedUnfenced && response.isFenced && !this.#directoryFailed)
    if (this.#again) return this.#heartbeat()
    if (waitsForAnswer) return this.#schedule(this.#retry.next())
    this.#retry.reset()
    this.#schedule(this.#options.heartbeatIntervalMs)
  }

  /** The next heartbeat, or try to register, after `delayMs`. */
  #schedule(delayMs: number): void {
    this.#clearTimer()
    this.#timer = this.#options.host.timers.set(delayMs, () => {
      this.#timer = null
      if (this.#inFlight) return
      if (this.#state.name === 'starting') this.#register()
      else if (this.#state.name !== 'shuttingDown') this.#heartbeat()
    })
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#options.host.timers.clear(this.#timer)
    this.#timer = null
  }
}

/** Trying again cannot help; everything else can pass (another incarnation still in its session, no controller yet). */
const FATAL_REGISTRATION_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.INCONSISTENT_CLUSTER_ID,
  ErrorCode.UNSUPPORTED_VERSION,
  ErrorCode.INVALID_REGISTRATION,
  ErrorCode.INVALID_REQUEST,
])
