/**
 * Keeps one node alive: starts its process, or adopts one that runs, starts it again when it dies, with a growing pause
 * when it keeps dying, until it is told to stop. Its owner is the cluster it belongs to; one start or stop at a time.
 */
import { mkdirSync } from 'node:fs'
import type { TlsServerOptions } from '@millrace/base/host'
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import { invariant } from '@millrace/base/invariant'
import type { Logger } from '@millrace/base/logger'
import { EngineError, type NodeState } from '../engine.ts'
import type { NodeRefusals } from '../node-refusals.ts'
import type { NodeRecord } from './cluster-directory.ts'
import {
  configHash,
  type NodeConfig,
  type NodeSecrets,
  readNodeConfig,
  readNodeIdentity,
  writeNodeConfig,
} from './node-config.ts'
import { adoptNode, type NodeHandle, type NodeScripts, proveDead, spawnNode } from './node-handle.ts'
import { RefusalReader } from './refusal-reader.ts'
import { nextNodeState, type NodeLifeEvent } from './node-life.ts'
import { securityLines } from './security-parts.ts'

export interface SupervisorOptions {
  readonly node: NodeRecord
  readonly clusterName: string
  readonly directory: string
  readonly scripts: NodeScripts
  readonly secrets: () => NodeSecrets
  /** What seals the node's data, asked for before every start; null: its data is plain. */
  readonly dataKey: () => Promise<Buffer> | null
  /** The newest there is; null: none was ever made. */
  readonly security: () => SecuritySnapshot | null
  readonly logger: Logger
  readonly onUp: () => void
  readonly onDown: (reason: string) => void
}

/** Pause before the n-th start in a row that follows a quick death. */
const RESTART_DELAYS_MS: readonly number[] = [0, 200, 500, 1000, 2000, 5000, 10_000]
const SERVED_DELAY_MS_MAX = 1000
/** A process that served this long has proved healthy: the next death starts the count again. */
const HEALTHY_AFTER_MS = 1000
/** So many failed starts in a row are reported to whoever waits; trying goes on. */
const START_ATTEMPTS_TOLD = 3
const CONTROLLED_STOP_MS = 30_000
const QUICK_STOP_MS = 10_000

export class NodeSupervisor {
  /** As last placed: a cluster that serves more listeners than before has more ports. */
  node: NodeRecord
  reason: string | null = null
  readonly #options: SupervisorOptions
  #state: NodeState = 'stopped'
  #handle: NodeHandle | null = null
  #refusals: RefusalReader | null = null
  #config: NodeConfig | null = null
  #deaths = 0
  #upSinceMs = 0
  #retired = false
  #restart: NodeJS.Timeout | null = null
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  #onStopped: (() => void) | null = null
  /** Counts starts: a data key that comes late is for none of the later ones. */
  #starts = 0

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.node = options.node
  }

  get state(): NodeState {
    return this.#state
  }

  get pid(): number | null {
    return this.#handle?.pid ?? null
  }

  /** Null when no process runs. */
  get runningConfigHash(): string | null {
    return this.#handle?.configHash ?? null
  }

  /** Takes over a process that an earlier control plane left running. False when there is none. */
  async adopt(): Promise<boolean> {
    if (this.#state !== 'stopped') return true
    let ready = false
    let adopted = false
    const handle = await adoptNode(this.#options.directory, {
      onReady: () => {
        ready = true
        if (adopted) this.#ready()
      },
      onRefusals: (page) => this.#refusals?.onPage(page),
      onExit: (reason) => {
        if (adopted) this.#exited(reason)
      },
    })
    if (handle === null) return false
    this.#walk('adopt')
    this.#holds(handle)
    // Nothing may have been applied since this control plane began: should it die now, it runs again with what it had.
    this.#config ??= readNodeConfig(this.#options.directory)
    this.#options.logger.info('adopted', { node: this.node.nodeId, pid: handle.pid })
    adopted = true
    const security = this.#options.security()
    if (security !== null) handle.tellLines(securityLines(security))
    if (ready) this.#ready()
    return true
  }

  /**
   * Starts the node with `config` if it does not run, and resolves when it serves. With a process there already it only
   * waits for that one; a changed `config` counts from the next start.
   * @throws EngineError after three failed starts in a row
   */
  async start(config: NodeConfig): Promise<void> {
    if (this.#retired) throw new EngineError('the engine is closing', { nodeId: this.node.nodeId })
    this.#config = config
    if (this.#state === 'running') return
    const served = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    served.catch(() => {})
    if (this.#is('stopped')) {
      // Nothing answered on the control socket; before a replacement starts, the old process must be proved dead.
      this.#walk('start')
      await proveDead(this.#options.directory, readNodeIdentity(this.#options.directory)?.pid ?? null)
      // Someone may have said stop meanwhile.
      if (this.#is('starting')) this.#spawn()
    }
    await served
  }

  /** Ends the process, by force if it does not go in time; resolves when it is proved dead. */
  async stop(options: { readonly controlled: boolean }): Promise<void> {
    if (this.#state === 'stopped') return
    const stopped = new Promise<void>((resolve) => {
      const before = this.#onStopped
      this.#onStopped = () => {
        before?.()
        resolve()
      }
    })
    if (this.#state !== 'stopping') {
      this.#walk('stop')
      this.#tellWaiting(new EngineError(`node ${this.node.nodeId} was stopped`, { nodeId: this.node.nodeId }))
      if (this.#restart !== null) clearTimeout(this.#restart)
      this.#restart = null
      if (this.#handle === null) this.#exited('was stopped before it started')
      else this.#handle.tell({ kind: 'stop', controlled: options.controlled })
    }
    const force = setTimeout(() => this.#handle?.kill(), options.controlled ? CONTROLLED_STOP_MS : QUICK_STOP_MS)
    await stopped
    clearTimeout(force)
  }

  /** The running process, if there is one, is shown to hold this certificate; later ones are given it at their start. */
  replaceCertificate(tls: TlsServerOptions): void {
    this.#handle?.tell({ kind: 'certificate', tls })
  }

  /** Likewise of this snapshot. @param lines as `securityLines` gives them */
  tellSecurity(lines: readonly string[]): void {
    this.#handle?.tellLines(lines)
  }

  /** What the running process turned away since it was last asked; null when none runs. */
  async readRefusals(): Promise<Omit<NodeRefusals, 'clusterId' | 'clusterName' | 'nodeId' | 'role'> | null> {
    const reader = this.#state === 'running' ? this.#refusals : null
    return reader === null ? null : { incarnation: reader.incarnation, ...(await reader.read()) }
  }

  /** From now on nothing is started here: what an apply still has in hand fails. */
  retire(): void {
    this.#retired = true
  }

  /** Forgets the process and lets it run. */
  release(): void {
    if (this.#restart !== null) clearTimeout(this.#restart)
    this.#restart = null
    this.#handle?.release()
    this.#handle = null
    this.#refusals = null
    this.#state = 'stopped'
    this.#tellWaiting(new EngineError('the engine is closing', { nodeId: this.node.nodeId }))
  }

  #spawn(): void {
    this.#restart = null
    const start = ++this.#starts
    const dataKey = this.#options.dataKey()
    if (dataKey === null) {
      this.#launch({})
      return
    }
    const isWanted = (): boolean => start === this.#starts && this.#state === 'starting' && this.#handle === null
    dataKey.then(
      (key) => {
        if (isWanted()) this.#launch({ dataKey: key.toString('base64') })
      },
      (error: unknown) => {
        if (isWanted()) this.#exited(error instanceof Error ? error.message : String(error))
      },
    )
  }

  #launch(sealing: Pick<NodeSecrets, 'dataKey'>): void {
    const config = this.#config
    invariant(config !== null && this.#state === 'starting', 'a node is spawned once it has a configuration', {
      state: this.#state,
    })
    const { directory, scripts, clusterName } = this.#options
    mkdirSync(directory, { recursive: true })
    writeNodeConfig(directory, config)
    const handle = spawnNode(
      {
        scripts,
        role: this.node.role,
        clusterName,
        nodeId: this.node.nodeId,
        directory,
        configHash: configHash(config),
        startLine: { ...this.#options.secrets(), ...sealing, security: this.#options.security() },
      },
      {
        onReady: () => this.#ready(),
        onRefusals: (page) => this.#refusals?.onPage(page),
        onExit: (reason) => this.#exited(reason),
      },
    )
    this.#holds(handle)
  }

  #holds(handle: NodeHandle): void {
    this.#handle = handle
    this.#refusals = new RefusalReader(`${handle.pid}-${performance.now()}`, (message) => handle.tell(message))
  }

  #ready(): void {
    if (this.#state !== 'starting') return
    this.#walk('ready')
    this.reason = null
    this.#upSinceMs = performance.now()
    this.#tellWaiting(null)
    this.#options.onUp()
  }

  #exited(reason: string): void {
    const wasRunning = this.#state === 'running'
    this.#handle = null
    this.#refusals = null
    this.#walk('exit')
    if (this.#state === 'stopped') {
      const told = this.#onStopped
      this.#onStopped = null
      told?.()
      return
    }
    this.reason = reason
    this.#options.logger.warn('node went down', { node: this.node.nodeId, reason })
    if (wasRunning && performance.now() - this.#upSinceMs > HEALTHY_AFTER_MS) this.#deaths = 0
    const growing = RESTART_DELAYS_MS[Math.min(this.#deaths, RESTART_DELAYS_MS.length - 1)] ?? 0
    // Who has served can serve: long pauses are for nodes that cannot start.
    const delayMs = wasRunning ? Math.min(growing, SERVED_DELAY_MS_MAX) : growing
    this.#deaths++
    if (wasRunning) this.#options.onDown(reason)
    else if (this.#deaths >= START_ATTEMPTS_TOLD) {
      this.#tellWaiting(
        new EngineError(`${this.node.role} ${this.node.nodeId} does not start: ${reason}`, {
          nodeId: this.node.nodeId,
        }),
      )
    }
    this.#restart = setTimeout(() => this.#spawn(), delayMs)
  }

  #tellWaiting(error: Error | null): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve, reject } of waiting) {
      if (error === null) resolve()
      else reject(error)
    }
  }

  #is(state: NodeState): boolean {
    return this.#state === state
  }

  #walk(event: NodeLifeEvent): void {
    this.#state = nextNodeState(this.#state, event)
  }
}
