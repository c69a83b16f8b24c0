/**
 * Host: everything a log, broker or controller may ask of the outside world.
 *
 * `log`, `broker` and `controller` import no `node:fs`, `node:net`, `node:tls` or timers and use no Date or
 * Math.random (a lint rule holds this); they receive a Host. So the same code runs on Node's Host in production and on
 * the fake Host in tests, where clock, disk and network are held in the test's hand and a run repeats by its seed.
 *
 * Buffers: every `Uint8Array` that passes here is in practice a Node `Buffer` or a view of one. Offsets and lengths
 * are in bytes, times in milliseconds.
 */

export interface Host {
  readonly clock: Clock
  readonly timers: Timers
  /** Runs `callback` once, after the I/O events of this turn have been handled (setImmediate). Group commit hangs here. */
  readonly tick: (callback: () => void) => void
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly computing: Computing
}

/**
 * Long computations beside the loop: in threads on the real Host, in a later turn on the fake one. What goes in and comes
 * out is plain data, which is copied; an ArrayBuffer may be given away instead.
 */
export interface Computing {
  /** A computation with a state of its own. Costs nothing before its first message. */
  open<Options, Message, Reply>(
    kind: ComputationKind<Options, Message, Reply>,
    options: Options,
  ): Computation<Message, Reply>
}

/** What a computation does: the same code in a thread, which knows it by `name`, and inline. */
export interface ComputationKind<Options, Message, Reply> {
  readonly name: string
  /** Answers depend on the options and the message alone: a thread may be ended and begun again between messages. */
  readonly isStateless: boolean
  /** Makes a fresh state, and answers messages from it. What is thrown reaches the sender as an Error. */
  readonly create: (options: Options) => (message: Message) => ComputationReply<Reply>
}

export interface ComputationReply<Reply> {
  readonly reply: Reply
  /** Memory of the reply that is handed over instead of copied. */
  readonly give: readonly ArrayBuffer[]
}

export interface Computation<Message, Reply> {
  /** `give` is handed over: the sender must not use it any more. Replies come in order, in a later turn, once each. */
  send(
    message: Message,
    give: readonly ArrayBuffer[],
    callback: (error: Error | null, reply: Reply | null) => void,
  ): void
  /** Its state is forgotten; nothing is called back any more. */
  close(): void
}

export interface Clock {
  /** Wall clock in ms since the epoch; may jump. For timestamps that leave the process. */
  nowMs(): number
  /** Monotonic clock in ms (fractions allowed); never goes back. For timeouts and durations. */
  monotonicMs(): number
}

export interface TimerHandle {
  readonly timer: unknown
}

export interface Timers {
  /** Calls `callback` once after `delayMs`; a pending timer does not keep the process alive. */
  set(delayMs: number, callback: () => void): TimerHandle
  clear(handle: TimerHandle): void
}

export interface Random {
  /** Cryptographic on the real Host, seeded on the fake one. */
  bytes(count: number): Uint8Array
  /** Uniform integer in [0, boundExclusive). */
  below(boundExclusive: number): number
}

/** An error of a disk operation. `code` is the errno name: 'ENOENT', 'EEXIST', 'ENOSPC', 'EIO', … */
export interface DiskError extends Error {
  readonly code: string
}

export interface FileStatus {
  readonly sizeBytes: number
  readonly isDirectory: boolean
  /** Last modification, ms since the epoch. */
  readonly modifiedMs: number
}

/** An open file; a small integer on the real Host. */
export type FileDescriptor = number

/**
 * Files by absolute path. Sync calls throw DiskError; callback calls report it. Short writes are reported as the count
 * actually written, exactly as the operating system does: the caller handles them.
 */
export interface Disk {
  /**
   * Milliseconds in which calls have worked on the bytes themselves, with ciphers: no sign of a slow device. Absent on a
   * disk that takes bytes as they are.
   */
  readonly workedMs?: number
  /** 'r' read, 'r+' read and write existing, 'w+' create or empty, 'a+' is never used (positions are always given). */
  open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx+'): FileDescriptor
  close(file: FileDescriptor): void
  readSync(file: FileDescriptor, target: Uint8Array, targetOffset: number, length: number, position: number): number
  read(
    file: FileDescriptor,
    target: Uint8Array,
    targetOffset: number,
    length: number,
    position: number,
    callback: (error: DiskError | null, bytesRead: number) => void,
  ): void
  writevSync(file: FileDescriptor, buffers: readonly Uint8Array[], position: number): number
  writev(
    file: FileDescriptor,
    buffers: readonly Uint8Array[],
    position: number,
    callback: (error: DiskError | null, bytesWritten: number) => void,
  ): void
  truncateSync(file: FileDescriptor, sizeBytes: number): void
  dataSyncSync(file: FileDescriptor): void
  dataSync(file: FileDescriptor, callback: (error: DiskError | null) => void): void
  sizeSync(file: FileDescriptor): number

  exists(path: string): boolean
  /** The size of the volume that holds `path`, and what of it may still be written. */
  volume(path: string): { readonly totalBytes: number; readonly usableBytes: number }
  status(path: string): FileStatus
  /** Names in the directory, unsorted, without '.' and '..'. */
  list(path: string): string[]
  /** Creates the directory and its missing parents; no error if it is there. */
  makeDirectory(path: string): void
  /** Atomic within one file system; replaces an existing target file. */
  rename(from: string, to: string): void
  /** Removes a file; no error if it is missing. */
  removeFile(path: string): void
  /** Removes a directory and all in it; no error if it is missing. */
  removeDirectory(path: string): void
  /** fsync of a directory: makes creates, renames and removals in it durable. */
  syncDirectory(path: string): void
  /** As syncDirectory, without blocking. */
  syncDirectoryInBackground(path: string, callback: (error: DiskError | null) => void): void
  readFile(path: string): Uint8Array
  /** Writes `<path>.tmp`, fsyncs it, renames it over `path` and fsyncs the directory: never a half-written file. */
  writeFileAtomic(path: string, content: Uint8Array, options?: { readonly sync?: boolean }): void
}

/**
 * One byte stream to a peer. All calls come from, and all events go to, the owner's loop.
 * Two real implementations exist (onread and 'data'); the owner cannot tell them apart.
 */
export interface Transport {
  /** Textual address without brackets; IPv4-mapped IPv6 is given as IPv4. */
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** True when TLS protects the stream. */
  readonly secure: boolean
  /** What the client has proved to be, on a listener that asks for certificates; null: nothing. */
  readonly peerCertificate: PeerCertificate | null
  /** Set exactly once, in the turn in which the transport was handed over. */
  attach(events: TransportEvents): void
  /** Stops `onBytes`; bytes already in flight inside the process may still be delivered once. */
  pause(): void
  resume(): void
  /**
   * Queues the buffers, in order, as one write. They must not change until `release` is called (once, when the kernel
   * has taken the bytes or the transport has closed). `release` may be null for buffers that are never reused.
   */
  writev(buffers: readonly Uint8Array[], release: (() => void) | null): void
  /** Bytes given to writev and not yet released. */
  readonly unwrittenBytes: number
  /** Ends after what is queued has been written. */
  end(): void
  /** Drops the connection at once; `onClose` follows in a later turn. */
  destroy(): void
}

export interface TransportEvents {
  /**
   * `bytes[start, end)` arrived. The view is valid only during the call: the next read overwrites it, so what must
   * live longer is copied inside.
   */
  onBytes(bytes: Uint8Array, start: number, end: number): void
  /** The peer ended its side, the connection broke (`error`), or destroy() was called. Nothing follows. */
  onClose(error: Error | null): void
  /** Everything queued has been taken by the kernel. */
  onDrain?(): void
}

/** What a TLS listener shows: its key and certificate, PEM; the certificate may be followed by its issuers'. */
export interface TlsServerOptions {
  readonly keyPem: string
  readonly certificatePem: string
}

/** Whose certificates are accepted of clients. Plain data. */
export interface ClientTrust {
  /** Certificates of authorities, PEM. A client's chain leads to one of them, which need not be a root. None: nobody's do. */
  readonly authoritiesPem: readonly string[]
  /** What is accepted no more, by the authority that issued it. */
  readonly revocations: readonly Revocations[]
}

export interface Revocations {
  readonly issuerPem: string
  /** Serial numbers: hex digits, lower case, no zeros in front; null: everything that it issued. */
  readonly serials: readonly string[] | null
}

/** How a TLS listener asks its clients who they are. */
export interface ClientCertificates {
  /** `requested`: who has none comes in all the same. One that is shown must be good either way. */
  readonly demand: 'requested' | 'required'
  /** Acceptor.replaceClientTrust changes it. */
  readonly trust: ClientTrust
}

/** A certificate that was checked when its connection was made. */
export interface PeerCertificate {
  readonly der: Uint8Array
  /** It is among the revoked. Of its chain nothing is known: everything under a revoked authority must be named as such. */
  isRevokedBy(trust: ClientTrust): boolean
}

/** How a TLS connection checks its peer. */
export interface TlsClientOptions {
  /** Certificates of the authorities that are trusted, PEM; nobody else is. */
  readonly caPem: string
}

/** The two ends of a connection; textual addresses as Transport gives them. */
export interface Peer {
  readonly localAddress: string
  readonly remoteAddress: string
}

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Which Transport to use; 'auto' is onread where the platform has it. TLS is always 'data'. */
  readonly transport?: 'auto' | 'onread' | 'data'
  readonly tls?: TlsServerOptions
  /** Asked as soon as somebody connects, before TLS: false closes the connection. */
  readonly admit?: (peer: Peer) => boolean
  /** TLS only; absent: clients are not asked. Every connection shows its certificate anew: no session is resumed. */
  readonly clientCertificates?: ClientCertificates
  readonly onConnection: (transport: Transport) => void
  /** TLS: a peer never became a connection. */
  readonly onHandshakeFailed?: (remoteAddress: string, error: Error) => void
}

export interface Acceptor {
  readonly host: string
  readonly port: number
  /** Stops accepting; open transports live on. `callback` when the port is free again. */
  close(callback?: () => void): void
  /** TLS: connections to come are shown another certificate; open ones live on. @throws when key and certificate are no pair */
  replaceCertificate(tls: TlsServerOptions): void
  /** Of a listener that asks for certificates: counts for connections to come. @throws when an authority cannot be read */
  replaceClientTrust(trust: ClientTrust): void
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
  readonly transport?: 'auto' | 'onread' | 'data'
  /** The peer is spoken to by TLS and must have a certificate for `host`. TLS is always 'data'. */
  readonly tls?: TlsClientOptions
}

export interface Network {
  listen(options: ListenOptions, callback: (error: Error | null, acceptor: Acceptor | null) => void): void
  connect(options: ConnectOptions, callback: (error: Error | null, transport: Transport | null) => void): void
}
