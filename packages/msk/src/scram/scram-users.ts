/** The SCRAM users of a running cluster, by Kafka's own admin API over the cluster's internal listeners. */
import type { Host } from '@millrace/base/host'
import { AdminClient } from '@millrace/client/admin'
import type { Engine } from '@millrace/engine/engine'
import type { Cluster } from '../store/records.ts'

export interface ScramUser {
  readonly name: string
  /** Null: the user may not log in any more. */
  readonly password: string | null
}

/** Brings it about that the users of `cluster` log in as told; those not named stay as they are. */
export type SetScramUsers = (cluster: Cluster, users: readonly ScramUser[]) => Promise<void>

/** An API call should be answered well before the SDK gives up. */
const TIMEOUT_MS = 10_000

export function setKafkaScramUsers(engine: Engine, host: Host): SetScramUsers {
  return async (cluster, users) => {
    const access = await engine.adminAccess(cluster.id)
    const admin = new AdminClient({
      host,
      bootstrap: access.bootstrap,
      clientId: 'millrace-scram',
      timeoutMs: TIMEOUT_MS,
      credentials: { user: 'internal', password: access.internalSecret },
      ...(access.tls === undefined ? {} : { tls: access.tls }),
    })
    try {
      await admin.alterScramUsers(users)
    } finally {
      admin.close()
    }
  }
}
