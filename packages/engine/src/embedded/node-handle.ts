/**
 * The engine's hold on one running process: a child that it started, or a process of an earlier control plane that it
 * adopted over the control socket. The supervisor cannot tell the two apart.
 */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { invariant } from '@millrace/base/invariant'
import { isDirectoryLocked } from '../directory-lock.ts'
import type { NodeRole } from '../engine.ts'
import { type EngineMessage, type NodeMessage, parseMessage, readLines } from './control-protocol.ts'
import { type NodeStartLine, readNodeIdentity } from './node-config.ts'
import { nodeStderrFile } from './node-log-file.ts'
import type { RefusalPage } from './refusal-reader.ts'

export interface NodeHandleEvents {
  readonly onReady: () => void
  readonly onRefusals: (page: RefusalPage) => void
  /** Once, when the process is proved dead. */
  readonly onExit: (reason: string) => void
}

export interface NodeHandle {
  readonly pid: number
  /** Of the configuration the process runs with. */
  readonly configHash: string
  tell(message: EngineMessage): void
  /** Messages that are written already, one per line. */
  tellLines(lines: readonly string[]): void
  /** SIGKILL. */
  kill(): void
  /** Forgets the process and lets it run on; no event follows. */
  release(): void
}

export interface NodeScripts {
  /** The bundles (or sources) that run a node. */
  readonly broker: string
  readonly controller: string
  /** Arguments for Node itself, before the script. */
  readonly execArgv: readonly string[]
}

export interface SpawnOptions {
  readonly scripts: NodeScripts
  readonly role: NodeRole
  readonly clusterName: string
  readonly nodeId: number
  readonly directory: string
  readonly configHash: string
  readonly startLine: NodeStartLine
}

const ADOPT_TIMEOUT_MS = 2000
/** How long the lock may outlive the control socket before the process counts as wedged and is killed. */
const DEATH_PATIENCE_MS = 5000
const DEATH_CHECK_MS = 20

/** Most of what a node allocates is young and small: beyond 8 MiB a semi-space only makes the process larger. */
const V8_ARGUMENTS: readonly string[] = ['--max-semi-space-size=8']
/**
 * glibc gives pieces above this back to the system when they are freed. Left alone it raises the threshold to the largest
 * piece ever freed (a slab, an unpacked batch), and from then on keeps the holes that such pieces leave in its heap.
 */
const MALLOC_ENVIRONMENT = {
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '1048576',
  // One more than the loop needs: threads that work now and then would each keep an arena of their own.
  MALLOC_ARENA_MAX: '2',
} as const

/** Starts a process. Its own session, so that a Ctrl-C at the terminal reaches the control plane alone. */
export function spawnNode(options: SpawnOptions, events: NodeHandleEvents): NodeHandle {
  const stderrFile = nodeStderrFile(options.directory)
  mkdirSync(dirname(stderrFile), { recursive: true })
  const log = openSync(stderrFile, 'a')
  const child = spawn(
    process.execPath,
    [
      ...V8_ARGUMENTS,
      ...options.scripts.execArgv,
      options.scripts[options.role],
      '--cluster',
      options.clusterName,
      '--node',
      String(options.nodeId),
      '--data-dir',
      options.directory,
    ],
    { detached: true, stdio: ['pipe', 'pipe', log], env: { ...MALLOC_ENVIRONMENT, ...process.env } },
  )
  closeSync(log)
  const { stdin, stdout } = child
  invariant(stdin !== null && stdout !== null, 'a child that was given pipes has them')
  let released = false
  let exited = false
  let failure: string | null = null
  stdin.on('error', () => {})
  stdout.on('error', () => {})
  stdin.write(`${JSON.stringify(options.startLine)}\n`)
  readLines(stdout, (line) => {
    const message = parseMessage<NodeMessage>(line)
    if (message?.kind === 'failed') failure = message.reason
    if (message?.kind === 'ready' && !released) events.onReady()
    if (message?.kind === 'refusals' && !released) events.onRefusals(message)
  })
  const gone = (reason: string): void => {
    if (released || exited) return
    exited = true
    events.onExit(failure ?? reason)
  }
  child.once('error', (error) => gone(`the process could not be started: ${error.message}`))
  child.once('exit', (code, signal) => gone(signal === null ? `exited with code ${code}` : `was ended by ${signal}`))
  return {
    pid: child.pid ?? -1,
    configHash: options.configHash,
    tell: (message) => void stdin.write(`${JSON.stringify(message)}\n`),
    tellLines: (lines) => writeLines(stdin, lines),
    kill: () => child.kill('SIGKILL'),
    release: () => {
      released = true
      child.unref()
      stdin.destroy()
      stdout.destroy()
    },
  }
}

/**
 * Takes over the process that runs in `directory`, if there is one that proves by its nonce to be the one of
 * `node.json`. Null when nobody answers: then the caller looks at the lock before it starts a replacement.
 */
export function adoptNode(directory: string, events: NodeHandleEvents): Promise<NodeHandle | null> {
  const identity = readNodeIdentity(directory)
  if (identity === null || !isDirectoryLocked(directory)) return Promise.resolve(null)
  return new Promise((resolve) => {
    const socket = connect(identity.controlSocket)
    let handle: NodeHandle | null = null
    let failure: string | null = null
    const giveUp = setTimeout(() => socket.destroy(), ADOPT_TIMEOUT_MS)
    socket.on('error', () => {})
    socket.on('connect', () => send(socket, { kind: 'prove', nonce: identity.nonce }))
    readLines(socket, (line) => {
      const message = parseMessage<NodeMessage>(line)
      if (message?.kind === 'proved' && message.nonce === identity.nonce) {
        handle = adoptedHandle({
          socket,
          pid: message.pid,
          configHash: message.configHash,
          directory,
          events: { ...events, onExit: (reason) => events.onExit(failure ?? reason) },
        })
      } else if (message?.kind === 'failed') {
        failure = message.reason
      } else if (message?.kind === 'refusals') {
        events.onRefusals(message)
      } else if (handle !== null) {
        // The first word after the proof is how the node is: whoever adopts knows it at once.
        clearTimeout(giveUp)
        if (message?.kind === 'ready') events.onReady()
        resolve(handle)
      }
    })
    socket.on('close', () => {
      clearTimeout(giveUp)
      resolve(null)
    })
  })
}

function adoptedHandle(options: {
  readonly socket: Socket
  readonly pid: number
  readonly configHash: string
  readonly directory: string
  readonly events: NodeHandleEvents
}): NodeHandle {
  const { socket, pid, directory } = options
  let released = false
  socket.on('close', () => {
    if (!released) void proveDead(directory, pid).then(() => options.events.onExit('has died'))
  })
  return {
    pid,
    configHash: options.configHash,
    tell: (message) => send(socket, message),
    tellLines: (lines) => writeLines(socket, lines),
    kill: () => killNode(directory, pid),
    release: () => {
      released = true
      socket.destroy()
    },
  }
}

/**
 * Resolves when no process holds the lock on `directory`; one that keeps it beyond all patience is killed. If even that
 * does not help, it gives up waiting: the process that is started then refuses to run, and says why.
 */
export async function proveDead(directory: string, pid: number | null): Promise<void> {
  const deadline = performance.now() + DEATH_PATIENCE_MS
  let killed = false
  while (isDirectoryLocked(directory)) {
    if (performance.now() > deadline + DEATH_PATIENCE_MS) return
    if (!killed && performance.now() > deadline && pid !== null) {
      killNode(directory, pid)
      killed = true
    }
    await new Promise((resolve) => setTimeout(resolve, DEATH_CHECK_MS))
  }
}

/** SIGKILL to `pid`, unless the number now belongs to a process that is none of ours. */
function killNode(directory: string, pid: number): void {
  try {
    if (process.platform === 'linux' && !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)) return
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

function send(socket: Socket, message: EngineMessage): void {
  socket.write(`${JSON.stringify(message)}\n`)
}

function writeLines(stream: Writable, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${line}\n`)
}
