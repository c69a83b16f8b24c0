/**
 * The life of a node's process, the same for broker and controller:
 *
 *   title → secrets from stdin → lock on the directory → config → control socket and node.json → start → ready
 *   → SIGTERM, SIGINT, a stop message: controlled shutdown → exit 0
 *
 * It exits as well when its directory vanishes, when it cannot have the lock, and, if ephemeral, when stdin closes.
 * Only `main()` of the two entry points calls this; it owns the process.
 */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { TlsServerOptions } from '@millrace/base/host'
import { createJsonLogger } from '@millrace/host/json-logger'
import { LogLevels, ROOT_LOGGER } from '@millrace/base/log-levels'
import type { Logger } from '@millrace/base/logger'
import { SecurityFeed } from '@millrace/broker/security/security-feed'
import type { ClientMetrics } from '@millrace/broker/telemetry/telemetry-metrics'
import type { Refusals } from '@millrace/network/refusals'
import type { ClientUsage } from '@millrace/network/request-usage'
import type { SeenPrincipals } from '@millrace/network/seen-principals'
import type { Denials } from '@millrace/policy/denials/denials'
import { acquireDirectoryLock, type DirectoryLock } from '../../directory-lock.ts'
import type { NodeRole } from '../../engine.ts'
import {
  ENGINE_LINE_LENGTH_MAX,
  type EngineMessage,
  type NodeMessage,
  type RefusalCursor,
  parseMessage,
  readLines,
} from '../control-protocol.ts'
import { SecurityParts, type SecurityMessage } from '../security-parts.ts'
import { configHash, controlSocketPath, readNodeConfig, writeNodeIdentity } from '../node-config.ts'
import type { NodeConfig, NodeSecrets, NodeStartLine } from '../node-config.ts'
import { REFUSAL_PAGE_MAX } from '../refusal-reader.ts'
import { listenForControl } from './control-server.ts'
import { nodeLogFile } from '../node-log-file.ts'
import { parseNodeArguments, processTitle } from './node-arguments.ts'

/** What runs inside the process. */
export interface NodeServer {
  /** @param options.controlled moves leaderships away first (brokers) */
  close(options: { readonly controlled: boolean }): Promise<void>
  /** Of a node with TLS listeners. @throws when key and certificate are no pair */
  replaceCertificate?(tls: TlsServerOptions): void
  /** Which APIs in which versions clients have used (brokers). */
  clientUsage?(): readonly ClientUsage[]
  /** What clients push of their own metrics (brokers). */
  clientMetrics?(): readonly ClientMetrics[]
  /** Whom it turned away, and why. */
  readonly refusals?: Refusals
  /** Clients that came in (brokers). */
  readonly principals?: SeenPrincipals
  /** Who was not allowed what. */
  readonly denials?: Denials
}

export interface NodeStart {
  readonly config: NodeConfig
  readonly secrets: NodeSecrets
  /** Who may come in, as the control plane told last; told again while the node runs. */
  readonly security: SecurityFeed
  readonly directory: string
  /** Writes every line it is given; to be used through `logLevels`. */
  readonly logger: Logger
  /** What each logger of the node lets through. */
  readonly logLevels: LogLevels
  /** The running node cannot go on; the reason is told and the process ends. */
  readonly fail: (error: Error) => void
}

const LOCK_PATIENCE_MS = 2000
const LOCK_RETRY_MS = 25
const DIRECTORY_CHECK_MS = 1000
const CONTROLLED_CLOSE_MS = 25_000
const QUICK_CLOSE_MS = 5000
/** Nodes of a test process whose owner was killed are gone well within 5 s. */
const ORPHAN_CLOSE_MS = 2000

/** Runs the node until the process ends. `start` resolves when the node serves. */
export async function runNode(role: NodeRole, start: (start: NodeStart) => Promise<NodeServer>): Promise<void> {
  const node = parseNodeArguments(process.argv.slice(2))
  process.title = processTitle(role, node)
  const logLevels = new LogLevels('INFO')
  const file = { destination: nodeLogFile(node.directory), name: `millrace-${role}`, level: 'debug' } as const
  const fields = { cluster: node.clusterName, node: node.nodeId }
  const logger = createJsonLogger(file).child(fields)
  const life = new NodeLife(node.directory, logLevels.logger(ROOT_LOGGER, logger))
  try {
    const { security, ...secrets } = await life.readStartLine()
    const feed = life.follow(security)
    await life.lock()
    const config = readNodeConfig(node.directory)
    if (config.ephemeral) life.endWithStdin()
    await life.openControl(configHash(config))
    life.watchDirectory()
    life.server = await start({
      config,
      secrets,
      security: feed,
      directory: node.directory,
      logger,
      logLevels,
      fail: (error) => life.fail(error),
    })
    life.tell({ kind: 'ready' })
    logLevels.logger(ROOT_LOGGER, logger).info('ready')
  } catch (error) {
    life.fail(error instanceof Error ? error : new Error(String(error)))
  }
}

class NodeLife {
  server: NodeServer | null = null
  readonly #directory: string
  readonly #logger: Logger
  readonly #startLine: Promise<NodeStartLine>
  #security: SecurityFeed | null = null
  readonly #parts = new SecurityParts()
  #lock: DirectoryLock | null = null
  #ephemeral = false
  #stdinClosed = false
  #proved = 0
  #stopping = false
  #last: NodeMessage = { kind: 'starting' }
  #broadcast: (message: NodeMessage) => void = () => {}

  constructor(directory: string, logger: Logger) {
    this.#directory = directory
    this.#logger = logger
    let gotStartLine: (line: NodeStartLine) => void
    let noStartLine: (error: Error) => void
    this.#startLine = new Promise((resolve, reject) => {
      gotStartLine = resolve
      noStartLine = reject
    })
    let first = true
    const hear = (line: string): void => {
      if (first) {
        first = false
        gotStartLine(JSON.parse(line) as NodeStartLine)
      } else {
        const message = parseMessage<EngineMessage>(line)
        if (message !== null) this.#obey(message, 'asked by the control plane')
      }
    }
    readLines(process.stdin, hear, () => ENGINE_LINE_LENGTH_MAX)
    const closed = (): void => {
      noStartLine(new Error('stdin closed before the secrets came'))
      this.#stdinClosed = true
      this.#tellPresence()
      if (this.#ephemeral) void this.#orphaned()
    }
    process.stdin.on('end', closed)
    process.stdin.on('error', closed)
    // After a crash of the control plane nobody reads stdout; that must not end the node.
    process.stdout.on('error', () => {})
    process.on('SIGTERM', () => void this.stop(true, 'SIGTERM'))
    process.on('SIGINT', () => void this.stop(true, 'SIGINT'))
    process.on('uncaughtException', (error) => {
      this.#logger.error('uncaught exception', { reason: error.message, stack: error.stack })
      process.exit(70)
    })
  }

  readStartLine(): Promise<NodeStartLine> {
    return this.#startLine
  }

  /** What the node goes by; kept current from now on. */
  follow(security: NodeStartLine['security']): SecurityFeed {
    this.#security ??= new SecurityFeed(security)
    this.#tellPresence()
    return this.#security
  }

  /** Waits a moment for a predecessor that is just going; refuses after that. */
  async lock(): Promise<void> {
    const deadline = performance.now() + LOCK_PATIENCE_MS
    for (;;) {
      this.#lock = acquireDirectoryLock(this.#directory)
      if (this.#lock !== null) return
      if (performance.now() > deadline) {
        throw new Error(`another process holds the lock on ${this.#directory}`)
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS))
    }
  }

  endWithStdin(): void {
    this.#ephemeral = true
    if (this.#stdinClosed) void this.#orphaned()
  }

  async openControl(hash: string): Promise<void> {
    const nonce = randomBytes(16).toString('hex')
    const socketPath = controlSocketPath(this.#directory)
    this.#broadcast = await listenForControl({
      path: socketPath,
      nonce,
      configHash: hash,
      current: () => this.#last,
      usage: () => ({ kind: 'usage', clients: this.server?.clientUsage?.() ?? [] }),
      clientMetrics: () => ({ kind: 'client-metrics', clients: this.server?.clientMetrics?.() ?? [] }),
      refusals: (cursor) => this.#refusals(cursor),
      onMessage: (message) => this.#obey(message, 'asked over the control socket'),
      onProved: (count) => {
        this.#proved = count
        this.#tellPresence()
      },
    })
    writeNodeIdentity(this.#directory, {
      pid: process.pid,
      startTimeMs: Math.round(performance.timeOrigin),
      nonce,
      controlSocket: socketPath,
      configHash: hash,
    })
  }

  /** Someone removed the directory: the cluster is gone, and so is this node. */
  watchDirectory(): void {
    const inode = statSync(this.#directory).ino
    setInterval(() => {
      let now: number | null = null
      try {
        now = statSync(this.#directory).ino
      } catch {
        // Gone, or no longer ours to see.
      }
      if (now !== inode) {
        this.#logger.error('the data directory is gone, so this node ends')
        process.exit(1)
      }
    }, DIRECTORY_CHECK_MS).unref()
  }

  tell(message: NodeMessage): void {
    this.#last = message
    process.stdout.write(`${JSON.stringify(message)}\n`)
    this.#broadcast(message)
  }

  async stop(controlled: boolean, reason: string): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#logger.info('stopping', { reason, controlled })
    const server = this.server
    if (server !== null) {
      setTimeout(() => this.exit(0), controlled ? CONTROLLED_CLOSE_MS : QUICK_CLOSE_MS).unref()
      try {
        await server.close({ controlled })
        this.#logger.info('stopped')
      } catch (error) {
        this.#logger.error('closing failed', { reason: error instanceof Error ? error.message : String(error) })
      }
    }
    this.exit(0)
  }

  fail(error: Error): void {
    this.#logger.error('the node cannot serve', { reason: error.message, stack: error.stack })
    this.tell({ kind: 'failed', reason: error.message })
    this.exit(1)
  }

  #obey(message: EngineMessage, reason: string): void {
    if (message.kind === 'stop') void this.stop(message.controlled, reason)
    // To a child: an adopted node answers on the socket.
    if (message.kind === 'refusals') process.stdout.write(`${JSON.stringify(this.#refusals(message.after))}\n`)
    if (message.kind === 'security-part') this.#parts.add(message)
    if (message.kind === 'security') this.#goBy(message)
    if (message.kind !== 'certificate') return
    try {
      this.server?.replaceCertificate?.(message.tls)
      this.#logger.info('new connections are shown another certificate')
    } catch (error) {
      this.#logger.error('the new certificate is of no use; the old one stays', {
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }

  #goBy(message: SecurityMessage): void {
    const snapshot = this.#parts.complete(message)
    if (snapshot === null)
      return this.#logger.error('a security snapshot was not told whole; as before', {
        version: message.snapshot.version,
      })
    // Heard before the start line was looked at: it is newer than what came with that.
    if (this.#security === null) this.#security = new SecurityFeed(snapshot)
    else this.#security.push(snapshot)
  }

  #refusals(after: RefusalCursor): NodeMessage {
    return {
      kind: 'refusals',
      refusals: this.server?.refusals?.after(after.refusal, REFUSAL_PAGE_MAX) ?? [],
      denials: this.server?.denials?.after(after.denial, REFUSAL_PAGE_MAX) ?? [],
      principals: this.server?.principals?.after(after.principal, REFUSAL_PAGE_MAX) ?? [],
    }
  }

  /** A control plane that has gone tells nothing more. */
  #tellPresence(): void {
    if (this.#security !== null) this.#security.controlPlanePresent = !this.#stdinClosed || this.#proved > 0
  }

  async #orphaned(): Promise<void> {
    setTimeout(() => this.exit(0), ORPHAN_CLOSE_MS).unref()
    await this.stop(false, 'the parent process is gone')
  }

  exit(code: number): void {
    this.#lock?.release()
    process.exit(code)
  }
}
