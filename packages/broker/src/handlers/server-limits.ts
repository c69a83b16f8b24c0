/** The limits of the request server, from the broker's settings. Read once at start: all of them are read-only keys there. */
import type { ConnectionLimits, RequestServerLimits } from '@millrace/network/limits'
import { splitList } from '@millrace/metadata/configs/definition'
import type { BrokerSettings } from '../metadata/broker-settings.ts'

export function serverLimits(settings: BrokerSettings): Partial<RequestServerLimits> {
  const queuedBytesMax = settings.number('queued.max.request.bytes')
  return {
    requestBytesMax: settings.number('socket.request.max.bytes'),
    unauthenticatedRequestBytesMax: settings.number('sasl.server.max.receive.size'),
    // -1: Kafka sets no limit; ours is the request server's own.
    ...(queuedBytesMax > 0 ? { frameMemoryBytesMax: queuedBytesMax } : {}),
    idleMs: idleMs(settings.number('connections.max.idle.ms')),
    failedAuthenticationDelayMs: settings.number('connection.failed.authentication.delay.ms'),
  }
}

/** How many connections clients may have; may change while the broker runs. */
export function connectionLimits(settings: BrokerSettings): ConnectionLimits {
  return {
    get connectionsMax() {
      return settings.number('max.connections')
    },
    ofAddress(remoteAddress) {
      for (const override of splitList(settings.string('max.connections.per.ip.overrides'))) {
        const colon = override.lastIndexOf(':')
        if (override.slice(0, colon) === remoteAddress) return Number(override.slice(colon + 1))
      }
      return settings.number('max.connections.per.ip')
    },
  }
}

/** Negative: never. */
function idleMs(configured: number): number {
  return configured < 0 ? Infinity : configured
}
