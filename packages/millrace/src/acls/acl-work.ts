/** What `millrace acls` does at a cluster, by Kafka's admin API; in the server or in the command, whoever has the way in. */
import type { AdminClient } from '@millrace/client/admin'
import type { Acl } from '@millrace/policy/acl/acl'
import { matchesFilter, type AclFilter } from '@millrace/policy/acl/acl-filter'
import { WILDCARD_PRINCIPAL } from '@millrace/policy/acl/acl'
import { readClusterAcls } from '../server/cluster-acls.ts'
import { accessChanges, keyOf, type AccessChange, type Asker } from './dry-run.ts'

export type AclRequest =
  | { readonly verb: 'list'; readonly filters: readonly AclFilter[] }
  | { readonly verb: 'add'; readonly acls: readonly Acl[]; readonly dryRun: boolean }
  | { readonly verb: 'remove'; readonly filters: readonly AclFilter[]; readonly dryRun: boolean }

export interface AclAnswer {
  /** Listed, added or removed; with a dry run those that would be. */
  readonly acls: readonly Acl[]
  /** Of a dry run: whom the change would lock out or let in; null otherwise. */
  readonly changes: readonly AccessChange[] | null
  /** Of a dry run: how many principals it was tried with, each from the hosts it was seen at. */
  readonly tried: number
}

/** Where a principal is tried from that nobody has seen yet. */
const UNSEEN_HOST = '127.0.0.1'

/** @param seen who came in lately */
export async function workOnAcls(admin: AdminClient, request: AclRequest, seen: readonly Asker[]): Promise<AclAnswer> {
  if (request.verb === 'list') {
    const acls = (await admin.describeAcls()).filter((acl) => matchesAny(request.filters, acl))
    return { acls, changes: null, tried: 0 }
  }
  if (request.dryRun) return dryRun(admin, request, seen)
  if (request.verb === 'add') {
    await admin.createAcls(request.acls)
    return { acls: request.acls, changes: null, tried: 0 }
  }
  const acls = await admin.deleteAcls(request.filters.map(wireFilter))
  return { acls, changes: null, tried: 0 }
}

async function dryRun(
  admin: AdminClient,
  request: Exclude<AclRequest, { readonly verb: 'list' }>,
  seen: readonly Asker[],
): Promise<AclAnswer> {
  const before = await readClusterAcls(admin)
  const known = new Set(before.acls.map(keyOf))
  const changed =
    request.verb === 'add'
      ? request.acls.filter((acl) => !known.has(keyOf(acl)))
      : before.acls.filter((acl) => matchesAny(request.filters, acl))
  const after =
    request.verb === 'add' ? [...before.acls, ...changed] : before.acls.filter((acl) => !changed.includes(acl))
  const askers = askersOf(seen, await admin.describeScramUsers(), [...before.acls, ...changed])
  const changes = accessChanges({
    before,
    after,
    askers,
    topics: (await admin.listTopics()).map(({ name }) => name),
    groups: (await admin.listGroups()).map(({ groupId }) => groupId),
  })
  return { acls: changed, changes, tried: new Set(askers.map(({ principal }) => principal)).size }
}

/** Those seen, from where they were seen; those who have a login or are named by an ACL, from this machine. */
function askersOf(seen: readonly Asker[], scramUsers: readonly string[], acls: readonly Acl[]): Asker[] {
  const askers = new Map<string, Asker>()
  const principals = new Set<string>()
  const add = (asker: Asker): void => {
    principals.add(asker.principal)
    askers.set(`${asker.host} ${asker.principal}`, asker)
  }
  for (const { principal, host } of seen) add({ principal, host })
  const named = acls.map(({ principal }) => principal).filter((principal) => principal !== WILDCARD_PRINCIPAL)
  for (const principal of [...scramUsers.map((user) => `User:${user}`), ...named]) {
    if (!principals.has(principal)) add({ principal, host: UNSEEN_HOST })
  }
  return [...askers.values()]
}

function matchesAny(filters: readonly AclFilter[], acl: Acl): boolean {
  return filters.some((filter) => matchesFilter(filter, acl))
}

function wireFilter({
  resourceName,
  principal,
  host,
  ...numbers
}: AclFilter): Parameters<AdminClient['deleteAcls']>[0][number] {
  return {
    ...numbers,
    ...(resourceName === null ? {} : { resourceName }),
    ...(principal === null ? {} : { principal }),
    ...(host === null ? {} : { host }),
  }
}
