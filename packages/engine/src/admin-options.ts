/** AdminAccess in the terms of the Kafka client: how every tool of the control plane reaches a cluster. */
import type { ClusterClientOptions } from '@millrace/client/cluster-client'
import type { AdminAccess } from './engine.ts'

export function adminOptions(access: AdminAccess): Pick<ClusterClientOptions, 'bootstrap' | 'credentials' | 'tls'> {
  return {
    bootstrap: access.bootstrap,
    credentials: { user: 'internal', password: access.internalSecret },
    ...(access.tls === undefined ? {} : { tls: access.tls }),
  }
}
