/** The SCRAM users of a running cluster, by Kafka's own admin API over the cluster's internal listeners. */
import type { Host } from '@millrace/base/host'
import { AdminClient } from '@millrace/client/admin'
import { adminOptions } from '@millrace/engine/admin-options'
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
    const admin = new AdminClient({
      ...adminOptions(await engine.adminAccess(cluster.id)),
      host,
      clientId: 'millrace-scram',
      timeoutMs: TIMEOUT_MS,
    })
    try {
      await admin.alterScramUsers(users)
    } finally {
      admin.close()
    }
  }
}
