/** The limits of the request server, from the broker's settings. Read once at start: all of them are read-only keys there. */
import type { RequestServerLimits } from '@millrace/network/limits'
import type { BrokerSettings } from '../metadata/broker-settings.ts'

export function serverLimits(settings: BrokerSettings): Partial<RequestServerLimits> {
  const queuedBytesMax = settings.number('queued.max.request.bytes')
  return {
    requestBytesMax: settings.number('socket.request.max.bytes'),
    unauthenticatedRequestBytesMax: settings.number('sasl.server.max.receive.size'),
    // -1: Kafka sets no limit; ours is the request server's own.
    ...(queuedBytesMax > 0 ? { frameMemoryBytesMax: queuedBytesMax } : {}),
    connectionsMax: settings.number('max.connections'),
    connectionsPerAddressMax: settings.number('max.connections.per.ip'),
    idleMs: idleMs(settings.number('connections.max.idle.ms')),
    failedAuthenticationDelayMs: settings.number('connection.failed.authentication.delay.ms'),
  }
}

/** Negative: never. */
function idleMs(configured: number): number {
  return configured < 0 ? Infinity : configured
}
