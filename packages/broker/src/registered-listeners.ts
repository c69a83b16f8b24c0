/** The listeners of a broker as it registers them with the controller. */
import { INTERNAL_LISTENER_NAME, type BrokerConfig } from './broker-config.ts'
import type { RegisteredListener } from './lifecycle/broker-lifecycle.ts'

/** As BrokerRegistration numbers them. */
const SECURITY_PROTOCOLS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const

/** @param portOf the port that a listener is really bound to */
export function registeredListeners(
  config: BrokerConfig,
  portOf: (listenerName: string) => number,
): RegisteredListener[] {
  const clients = config.listeners.map((listener) => ({
    name: listener.name,
    host: listener.advertisedHost,
    port: listener.advertisedPort === 0 ? portOf(listener.name) : listener.advertisedPort,
    securityProtocol: SECURITY_PROTOCOLS[listener.securityProtocol],
  }))
  const internal = {
    name: INTERNAL_LISTENER_NAME,
    host: config.internalListener.host,
    port: portOf(INTERNAL_LISTENER_NAME),
    securityProtocol: SECURITY_PROTOCOLS[config.inClusterTls === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL'],
  }
  return [...clients, internal]
}
