import type { TlsServerOptions } from '@millrace/base/host'

/** What a controller process is told when it starts; everything else it learns from its metadata log. */
export interface ControllerConfig {
  /** 22-character uuid text; must match meta.properties. */
  readonly clusterId: string
  readonly clusterName: string
  /** 10001 as MSK shows. */
  readonly nodeId: number
  /** Absolute; holds meta.properties, bootstrap.checkpoint and __cluster_metadata-0. */
  readonly directory: string
  readonly listener: { readonly host: string; readonly port: number }
  /** Present: the listener speaks TLS and shows this; Controller.replaceCertificate changes it. */
  readonly tls?: TlsServerOptions
  /** The password of user `internal` on the internal listeners. */
  readonly internalSecret: string
  /** Release line, '3.9' or '4.0.1': decides the levels of a new cluster's features. */
  readonly kafkaVersion: string
  /** Static properties, the MSK configuration among them: give topic and broker defaults. */
  readonly properties: Readonly<Record<string, string>>
}
