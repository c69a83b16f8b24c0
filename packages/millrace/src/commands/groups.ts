/** `millrace groups …` */
import { withAdmin, type ClusterOption } from '../locate-cluster.ts'
import { printJson, printTable } from '../output.ts'
import { UserError } from '../user-error.ts'

export interface GroupCommandOptions extends ClusterOption {
  readonly json?: boolean
}

export async function listGroups(options: GroupCommandOptions): Promise<void> {
  const groups = await withAdmin(options, (admin) => admin.listGroups())
  if (options.json === true) {
    printJson(groups)
    return
  }
  const rows = groups.map((group) => [group.groupId, group.state, group.protocolType, String(group.coordinatorId)])
  printTable(['GROUP', 'STATE', 'TYPE', 'COORDINATOR'], rows, 'No consumer groups yet.')
}

export async function describeGroup(groupId: string, options: GroupCommandOptions): Promise<void> {
  const { group, offsets } = await withAdmin(options, async (admin) => {
    const [described] = await admin.describeGroups([groupId])
    const committed = await admin.listGroupOffsets(groupId)
    const ends = await admin.listOffsets(
      committed.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const })),
    )
    return {
      group: described,
      offsets: committed.map((one, index) => ({
        ...one,
        logEndOffset: ends[index]?.offset ?? -1,
        lag: Math.max(0, (ends[index]?.offset ?? 0) - one.offset),
      })),
    }
  })
  if (group === undefined || (group.state === 'Dead' && offsets.length === 0)) {
    throw new UserError(`There is no group ${groupId}. \`millrace groups list\` shows those that are.`)
  }
  const owners = new Map<string, string>()
  for (const member of group.members) {
    for (const { topic, partitions } of member.assignment)
      for (const partition of partitions) owners.set(`${topic}-${partition}`, member.memberId)
  }
  if (options.json === true) {
    printJson({ ...group, offsets })
    return
  }
  process.stdout.write(
    `${groupId} is ${group.state} with ${group.members.length} members, coordinated by broker ${group.coordinatorId}.\n\n`,
  )
  const rows = offsets.map((one) => [
    one.topic,
    String(one.partition),
    String(one.offset),
    String(one.logEndOffset),
    String(one.lag),
    owners.get(`${one.topic}-${one.partition}`) ?? '',
  ])
  printTable(['TOPIC', 'PARTITION', 'OFFSET', 'LOG END', 'LAG', 'MEMBER'], rows, 'The group has committed nothing.')
}

export async function deleteGroup(groupId: string, options: GroupCommandOptions): Promise<void> {
  await withAdmin(options, (admin) => admin.deleteGroups([groupId]))
  if (options.json === true) printJson({ deleted: groupId })
  else process.stdout.write(`Deleted group ${groupId}.\n`)
}
