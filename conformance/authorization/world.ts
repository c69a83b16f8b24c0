/**
 * What the cases meet: topics, groups, transactional ids, and for each case of ACLs a user with its ACLs. All is made in
 * bulk by User:ANONYMOUS over plaintext, who is then the only one that may do everything.
 */
import { untilAnswer } from '../harness/until-answer.ts'
import { AclWords, aclOf } from './acl-words.ts'
import type { TableCase } from './cases.ts'
import { uniqueName } from './names.ts'
import { records } from './records.ts'
import { Wire, type Address } from './wire.ts'

const PLENTY_MS = 60_000
const ITERATIONS = 4_096
const ACLS_PER_REQUEST = 400

export interface World {
  /** Members of groups leave when nothing is heard of them: they join, or join again. */
  readonly joinMembers: () => Promise<void>
  /** By name. */
  readonly topicIds: ReadonlyMap<string, string>
}

export interface WorldOptions {
  /** The broker that is asked, by plaintext; it has id 1 and leads everything. */
  readonly admin: Address
  /** All brokers, by plaintext: what is changed must have come to each. */
  readonly brokers: readonly Address[]
  /** Of each of the internal topics, as the brokers are configured. */
  readonly internalPartitions: number
  readonly salt: Buffer
  readonly saltedPassword: Buffer
}

interface NamedError {
  readonly errorCode: number
  readonly name?: string
}

const ownedBy = (cases: readonly TableCase[], kind: string): string[] =>
  cases.flatMap(({ row, id }) =>
    (row.before ?? [])
      .filter((each) => each.startsWith(`${kind} `))
      .map((each) => uniqueName(each.split(' ')[1] ?? '', id)),
  )

export const userOf = ({ principal }: TableCase): string => `case-${principal}`

/** One case of ACLs for each principal. */
const users = (cases: readonly TableCase[]): TableCase[] =>
  cases.filter(({ kind, id, principal }) => kind === 'acl' && id === principal)

export async function createWorld(cases: readonly TableCase[], options: WorldOptions): Promise<World> {
  const wire = await Wire.open(options.admin)
  try {
    await switchShareGroupsOn(wire)
    await allowOnlyAnonymous(wire)
    const topicIds = await createTopics(wire, cases, options)
    await createUsers(wire, cases, options)
    await createAcls(wire, cases)
    await writeRecords(wire, topicIds)
    await createGroups(wire, ownedBy(cases, 'group'))
    await createShareGroups(wire, ownedBy(cases, 'share-group'))
    await createTransactions(wire, ownedBy(cases, 'transaction'))
    for (const address of options.brokers) await arrived(address, cases)
    return { topicIds, joinMembers: () => joinMembers(cases, options.admin) }
  } finally {
    wire.close()
  }
}

/** They are off in new clusters of Kafka 4.1. */
async function switchShareGroupsOn(wire: Wire): Promise<void> {
  const featureUpdates = [{ feature: 'share.version', maxVersionLevel: 1, upgradeType: 1 }]
  const told = await wire.ask(57, 1, { timeoutMs: PLENTY_MS, featureUpdates, validateOnly: false })
  if (told['errorCode'] !== 0) throw new Error(`share groups are not to be had: ${JSON.stringify(told)}`)
}

/** Since ACLs cover every resource, allow.everyone.if.no.acl.found lets nobody in. */
async function allowOnlyAnonymous(wire: Wire): Promise<void> {
  const resources: [number, string][] = [
    [AclWords.topic, '*'],
    [AclWords.group, '*'],
    [AclWords.cluster, 'kafka-cluster'],
    [AclWords['transactional-id'], '*'],
  ]
  await createAclsOf(
    wire,
    resources.map(([resourceType, resourceName]) => ({
      resourceType,
      resourceName,
      resourcePatternType: AclWords.literal,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation: AclWords.ALL,
      permissionType: AclWords.allow,
    })),
  )
}

async function createTopics(
  wire: Wire,
  cases: readonly TableCase[],
  { brokers, internalPartitions }: WorldOptions,
): Promise<Map<string, string>> {
  const brokerIds = brokers.map((_, index) => index + 1)
  const topic = (name: string, partitions = 1, configs: object[] = []): object => ({
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, brokerIds })),
    configs,
  })
  const internal = (name: string): object =>
    topic(name, internalPartitions, [{ name: 'cleanup.policy', value: 'compact' }])
  const shared = ['orders', 'invoices']
  const own = ownedBy(cases, 'topic')
  const topics = [
    internal('__consumer_offsets'),
    internal('__transaction_state'),
    internal('__share_group_state'),
    ...[...shared, ...own].map((name) => topic(name)),
  ]
  const told = await wire.ask(19, 7, { topics, timeoutMs: PLENTY_MS, validateOnly: false })
  const failed = (told['topics'] as NamedError[]).filter(({ errorCode }) => errorCode !== 0)
  if (failed.length > 0) throw new Error(`topics were not created: ${JSON.stringify(failed)}`)
  const names = [...shared, ...own]
  const described = await untilAnswer(
    'topics to have leaders',
    () =>
      wire.ask(3, 12, {
        topics: names.map((name) => ({ name })),
        allowAutoTopicCreation: false,
      }) as unknown as Promise<{
        topics: { name: string; topicId: string; errorCode: number; partitions: { errorCode: number }[] }[]
      }>,
    ({ topics: all }) =>
      all.every(({ errorCode, partitions }) => errorCode === 0 && partitions.every((each) => each.errorCode === 0)),
  )
  return new Map(described.topics.map(({ name, topicId }) => [name, topicId]))
}

async function createUsers(
  wire: Wire,
  cases: readonly TableCase[],
  { salt, saltedPassword }: WorldOptions,
): Promise<void> {
  const upsertions = users(cases).map((each) => ({
    name: userOf(each),
    mechanism: 2,
    iterations: ITERATIONS,
    salt,
    saltedPassword,
  }))
  const told = await wire.ask(51, 0, { deletions: [], upsertions })
  const failed = (told['results'] as NamedError[]).filter(({ errorCode }) => errorCode !== 0)
  if (failed.length > 0) throw new Error(`users were not created: ${JSON.stringify(failed)}`)
}

async function createAcls(wire: Wire, cases: readonly TableCase[]): Promise<void> {
  const acls = users(cases).flatMap((each) => each.grants.map((grant) => aclOf(grant, each.id, `User:${userOf(each)}`)))
  for (let at = 0; at < acls.length; at += ACLS_PER_REQUEST) {
    await createAclsOf(wire, acls.slice(at, at + ACLS_PER_REQUEST))
  }
}

async function createAclsOf(wire: Wire, creations: readonly object[]): Promise<void> {
  const told = await wire.ask(30, 3, { creations })
  const failed = (told['results'] as NamedError[]).filter(({ errorCode }) => errorCode !== 0)
  if (failed.length > 0) throw new Error(`ACLs were not created: ${JSON.stringify(failed)}`)
}

/** A record for those who read. */
async function writeRecords(wire: Wire, topicIds: ReadonlyMap<string, string>): Promise<void> {
  for (const name of ['orders', 'invoices']) {
    const partitionData = [{ index: 0, records: records.get('@batch') }]
    const topicData = [{ name, topicId: topicIds.get(name), partitionData }]
    await wire.ask(0, 9, { acks: -1, timeoutMs: PLENTY_MS, topicData })
  }
}

/** Groups are there once they have an offset. */
async function createGroups(wire: Wire, groups: readonly string[]): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedLeaderEpoch: -1, committedMetadata: '' }]
  for (const groupId of groups) {
    await untilAnswer(
      `group ${groupId}`,
      () =>
        wire.ask(8, 8, {
          groupId,
          generationIdOrMemberEpoch: -1,
          memberId: '',
          topics: [{ name: 'orders', partitions }],
        }) as unknown as Promise<{ topics: { partitions: NamedError[] }[] }>,
      ({ topics }) => topics[0]?.partitions[0]?.errorCode === 0,
    )
  }
}

/** A member comes and goes: the group stays, with the state of what it subscribed to. */
async function createShareGroups(wire: Wire, groups: readonly string[]): Promise<void> {
  const member = { memberId: 'AAAAAAAAAAAAAAAAAAAAAQ', subscribedTopicNames: ['orders', 'invoices'] }
  const good = ({ errorCode }: { readonly errorCode?: unknown }): boolean => errorCode === 0
  for (const groupId of groups) {
    await untilAnswer(`share group ${groupId}`, () => wire.ask(76, 1, { groupId, ...member, memberEpoch: 0 }), good)
  }
  for (const groupId of groups) {
    await untilAnswer(
      `the state of share group ${groupId}`,
      () =>
        wire.ask(90, 0, { groups: [{ groupId, topics: null }] }) as unknown as Promise<{
          groups: { topics: unknown[] }[]
        }>,
      ({ groups: [told] }) => told?.topics.length === 2,
    )
    await wire.ask(76, 1, { groupId, ...member, memberEpoch: -1 })
  }
}

async function joinMembers(cases: readonly TableCase[], admin: Address): Promise<void> {
  const wire = await Wire.open(admin)
  const member = { memberId: 'AAAAAAAAAAAAAAAAAAAAAw', memberEpoch: 0, subscribedTopicNames: ['orders'] }
  const reads = ({ assignment }: { readonly assignment?: unknown }): boolean =>
    ((assignment ?? null) as { topicPartitions: unknown[] } | null)?.topicPartitions.length === 1
  try {
    for (const groupId of ownedBy(cases, 'consumer')) {
      const body = { groupId, ...member, rebalanceTimeoutMs: PLENTY_MS, topicPartitions: [] }
      await untilAnswer(`a member of ${groupId}`, () => wire.ask(68, 1, body), reads)
    }
    for (const groupId of ownedBy(cases, 'sharer')) {
      await untilAnswer(`a member of share group ${groupId}`, () => wire.ask(76, 1, { groupId, ...member }), reads)
    }
  } finally {
    wire.close()
  }
}

async function createTransactions(wire: Wire, transactionalIds: readonly string[]): Promise<void> {
  for (const transactionalId of transactionalIds) {
    await untilAnswer(
      `transactional id ${transactionalId}`,
      () => wire.ask(22, 4, { transactionalId, transactionTimeoutMs: PLENTY_MS }),
      ({ errorCode }) => errorCode === 0,
    )
  }
}

/** The last ACL and the last user are known to the broker: it takes changes in their order. */
async function arrived(address: Address, cases: readonly TableCase[]): Promise<void> {
  const wire = await Wire.open(address)
  const last = users(cases).findLast(({ grants }) => grants.length > 0)
  if (last === undefined) return wire.close()
  const filter = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, operation: 1 }
  await untilAnswer(
    'ACLs to arrive',
    () => wire.ask(29, 3, { ...filter, principalFilter: `User:${userOf(last)}`, hostFilter: null, permissionType: 1 }),
    ({ resources }) => (resources as { acls: unknown[] }[]).flatMap(({ acls }) => acls).length === last.grants.length,
  )
  wire.close()
}
