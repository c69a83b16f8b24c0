/** Every limit of the request server, with Kafka's name for it where Kafka has one. Sizes in bytes, times in ms. */
export interface RequestServerLimits {
  /** socket.request.max.bytes: a larger frame is refused at its header. */
  readonly requestBytesMax: number
  /** sasl.server.max.receive.size: the same before authentication. */
  readonly unauthenticatedRequestBytesMax: number
  /** queued.max.request.bytes: memory of all requests that are being received or processed, over all connections. */
  readonly frameMemoryBytesMax: number
  /**
   * Array elements in one request of a client, all arrays together. Handlers answer each element in one turn of the loop,
   * some in ten microseconds: a full frame of the smallest ones would hold the loop longer than the broker's session lasts.
   */
  readonly requestElementsMax: number
  /** Requests received but not yet answered on one connection; more are not read. */
  readonly requestsInFlightMax: number
  /** The same in bytes. One request larger than this is still taken, alone. */
  readonly requestBytesInFlightMax: number
  /** Response bytes the peer has not taken; above this no further request of the connection is started. */
  readonly unwrittenBytesMax: number
  /** The same over all connections; above this clients that read nothing are dropped, the longest behind first. */
  readonly unwrittenTotalBytesMax: number
  /** connections.max.idle.ms */
  readonly idleMs: number
  /** A half-received request that stands still this long is dropped when others wait for its memory. */
  readonly stalledFrameMs: number
  /** connection.failed.authentication.delay.ms */
  readonly failedAuthenticationDelayMs: number
  /** Connections looked over in one turn of the loop when rights have changed; each costs some ten microseconds. */
  readonly reviewedAtOnceMax: number
}

/** Limits that may change while the server runs; asked with every new connection of a client. */
export interface ConnectionLimits {
  /** max.connections, over all client listeners. */
  readonly connectionsMax: number
  /** max.connections.per.ip and its overrides. */
  ofAddress(remoteAddress: string): number
}

export const defaultLimits: RequestServerLimits = {
  requestBytesMax: 104_857_600,
  unauthenticatedRequestBytesMax: 524_288,
  frameMemoryBytesMax: 128 * 1024 * 1024,
  requestElementsMax: 262_144,
  requestsInFlightMax: 128,
  requestBytesInFlightMax: 16 * 1024 * 1024,
  unwrittenBytesMax: 4 * 1024 * 1024,
  // Half of what file reads may hold at once (log-reader.ts): clients that read are never short of it for long.
  unwrittenTotalBytesMax: 128 * 1024 * 1024,
  idleMs: 600_000,
  stalledFrameMs: 10_000,
  failedAuthenticationDelayMs: 100,
  reviewedAtOnceMax: 100,
}

export const defaultConnectionLimits: ConnectionLimits = { connectionsMax: 0x7fffffff, ofAddress: () => 0x7fffffff }
