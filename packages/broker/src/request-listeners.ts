/** The listeners of a broker as its request server is to open them: those of its configuration, and the internal one. */
import { invariant } from '@millrace/base/invariant'
import type { ListenerOptions } from '@millrace/network/api-handler'
import type { SaslMechanism } from '@millrace/network/sasl/sasl-mechanism'
import { INTERNAL_LISTENER_NAME, type BrokerConfig, type ClientSaslMechanism } from './broker-config.ts'

export function requestListeners(
  config: BrokerConfig,
  mechanismOf: (name: ClientSaslMechanism) => SaslMechanism,
): ListenerOptions[] {
  const clients = config.listeners.map(
    ({ name, host, port, securityProtocol, saslMechanisms = [], clientCertificates }): ListenerOptions => {
      const encrypted = securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL'
      const authenticated = securityProtocol === 'SASL_PLAINTEXT' || securityProtocol === 'SASL_SSL'
      invariant(!encrypted || config.tls !== undefined, 'a listener with TLS has a certificate to show', { name })
      invariant(!authenticated || saslMechanisms.length > 0, 'a listener with SASL has a mechanism', { name })
      return {
        name,
        host,
        port,
        internal: false,
        ...(encrypted && config.tls !== undefined ? { tls: config.tls } : {}),
        ...(encrypted && clientCertificates !== undefined ? { clientCertificates } : {}),
        ...(authenticated ? { saslMechanisms: saslMechanisms.map(mechanismOf) } : {}),
      }
    },
  )
  const internal = { name: INTERNAL_LISTENER_NAME, ...config.internalListener, internal: true }
  if (config.inClusterTls === undefined) return [...clients, internal]
  invariant(config.tls !== undefined, 'a node that speaks TLS with the others has a certificate to show')
  return [...clients, { ...internal, tls: config.tls }]
}
