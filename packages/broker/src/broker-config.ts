/**
 * What a broker is told at start: by the engine on its command line and stdin, by a test directly. Everything else it
 * learns from the controller. Immutable while the broker runs.
 */

import type { ArenaOptions } from '@millrace/log/arena'
import type { TlsClientOptions, TlsServerOptions } from '@millrace/base/host'

export type ClientSaslMechanism = 'SCRAM-SHA-512' | 'AWS_MSK_IAM' | 'OAUTHBEARER'

export interface BrokerListener {
  /** Unique per broker; 'CLIENT' on a plain cluster. Registered with the controller under this name. */
  readonly name: string
  /** With SSL: shows the certificate of `BrokerConfig.tls`. With SASL: clients prove who they are by `saslMechanisms`. */
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly saslMechanisms?: readonly ClientSaslMechanism[]
  /** With SSL: clients are asked for certificates (`ssl.client.auth`), of authorities that the security snapshot names. */
  readonly clientCertificates?: 'requested' | 'required'
  readonly host: string
  /** 0 takes a free port, which is then what is advertised unless `advertisedPort` is set. */
  readonly port: number
  /** '*': every connection is told its own local address (see advertised-endpoint in the request plane). */
  readonly advertisedHost: string
  /** 0: the port really bound. */
  readonly advertisedPort: number
}

export interface BrokerConfig {
  /** 22-character uuid text. */
  readonly clusterId: string
  readonly clusterName: string
  readonly nodeId: number
  /** Availability zone, as in AWS: 'use1-az1'. */
  readonly rack: string | null
  /** The one log directory. */
  readonly directory: string
  readonly listeners: readonly BrokerListener[]
  /** Key and certificate of the listeners with SSL; Broker.replaceCertificate changes them. */
  readonly tls?: TlsServerOptions
  /** Present: nodes speak TLS with each other, and trust these authorities. The internal listener then shows `tls`. */
  readonly inClusterTls?: TlsClientOptions
  /** Where brokers and the controller talk to this broker; authenticated by `internalSecret`. */
  readonly internalListener: { readonly host: string; readonly port: number }
  readonly controller: { readonly nodeId: number; readonly host: string; readonly port: number }
  readonly internalSecret: string
  /** 'x.y.z' or 'x.y' of a Kafka release; chooses the version profile. */
  readonly kafkaVersion: string
  /** Static broker properties, as server.properties would hold them. */
  readonly properties: Readonly<Record<string, string>>
  /** Memory for records; as measured for a machine of its own unless given. */
  readonly arena?: ArenaOptions
}

/** The name under which the internal listener is registered. */
export const INTERNAL_LISTENER_NAME = 'INTERNAL'
