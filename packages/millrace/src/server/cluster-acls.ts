/** The ACLs of a cluster and the settings they are read by, over its internal listeners. */
import type { Host } from '@millrace/base/host'
import { AdminClient } from '@millrace/client/admin'
import { adminOptions } from '@millrace/engine/admin-options'
import type { ClusterId, Engine } from '@millrace/engine/engine'
import { allowsEveryoneIfNoAcl, superUsersOf } from '@millrace/policy/acl/acl-settings'
import type { ClusterAcls } from '../why/acl-remedy.ts'

const TIMEOUT_MS = 5_000
const SETTINGS = ['allow.everyone.if.no.acl.found', 'super.users']

/** Runs `use` as the cluster's own administrator, who is never locked out. */
export async function withClusterAdmin<T>(
  engine: Engine,
  host: Host,
  cluster: ClusterId,
  use: (admin: AdminClient) => Promise<T>,
): Promise<T> {
  const access = adminOptions(await engine.adminAccess(cluster))
  const admin = new AdminClient({ ...access, host, clientId: 'millrace-acls', timeoutMs: TIMEOUT_MS })
  try {
    return await use(admin)
  } finally {
    admin.close()
  }
}

export async function readClusterAcls(admin: AdminClient): Promise<ClusterAcls> {
  const acls = await admin.describeAcls()
  const { brokers } = await admin.describeCluster()
  const [described] = await admin.describeConfigs([
    { type: 'broker', name: String(brokers[0]?.id ?? 1), keys: SETTINGS },
  ])
  const properties: Record<string, string> = {}
  for (const { name, value } of described?.entries ?? []) if (value !== null) properties[name] = value
  return { acls, superUsers: superUsersOf(properties), allowEveryoneIfNoAcl: allowsEveryoneIfNoAcl(properties) }
}
