/** Security groups, apart from their rules. */
import { formatArn } from '@millrace/aws/arn'
import type { CallContext } from '@millrace/aws/call-context'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { allowAllOut } from './default-network.ts'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { named, refused, required } from './errors.ts'
import { type FilterValues, filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import { shownPermissions } from './permissions.ts'
import { newId, type Rule, type SecurityGroup } from './records.ts'
import { shownTags, tagsOf } from './tags.ts'

const RULE_FILTERS = ['cidr', 'from-port', 'group-id', 'ipv6-cidr', 'prefix-list-id', 'protocol', 'to-port', 'user-id']
const FILTERS = [
  'description',
  'group-id',
  'group-name',
  'owner-id',
  'vpc-id',
  ...RULE_FILTERS.flatMap((name) => [`ip-permission.${name}`, `egress.ip-permission.${name}`]),
]

export function securityGroupOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateSecurityGroup: async ({ GroupName, Description, VpcId, TagSpecifications }, context) => {
      const made = await state.change(() => {
        const vpcId = VpcId ?? defaultVpcId(state, context)
        required(state, 'vpc', context, vpcId)
        checkName(GroupName, Description)
        if (
          state.list('security-group', context).some(({ name, vpcId: other }) => name === GroupName && other === vpcId)
        )
          throw refused('InvalidGroup.Duplicate', `The security group '${GroupName}' already exists for VPC '${vpcId}'`)
        const group: SecurityGroup = {
          accountId: context.accountId,
          region: context.region,
          id: newId('sg'),
          kind: 'security-group',
          vpcId,
          name: GroupName,
          description: Description,
          rules: [allowAllOut()],
          tags: tagsOf(TagSpecifications, 'security-group'),
        }
        return { put: [group], answer: group }
      })
      return { GroupId: made.id, SecurityGroupArn: groupArn(made), Tags: shownTags(made.tags) }
    },

    DescribeSecurityGroups: async (input, context) => {
      const { GroupIds, GroupNames, Filters } = input
      const byName = (GroupNames ?? []).map((name) => groupByName(state, context, name))
      const byId = named(state, 'security-group', context, GroupIds)
      const chosen = byName.length === 0 ? byId : GroupIds === undefined ? byName : [...new Set([...byId, ...byName])]
      const found = filtered(chosen, Filters, FILTERS, filterValues)
      const page = pageOf(dependencies, 'DescribeSecurityGroups', context, found, input)
      return { SecurityGroups: page.items.map(shownGroup), NextToken: page.next }
    },

    DeleteSecurityGroup: async ({ GroupId, GroupName }, context) => {
      const id = await state.change(() => {
        const group = chosenGroup(state, context, GroupId, GroupName)
        if (group.name === 'default')
          throw new AwsError('CannotDelete', {
            message: `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
          })
        if (isUsed(state, context, group))
          throw refused('DependencyViolation', `resource ${group.id} has a dependent object`)
        return { remove: [group.id], answer: group.id }
      })
      return { Return: true, GroupId: id }
    },
  }
}

/** By a network interface, or by a rule of another group. */
function isUsed(state: NetworkState, context: CallContext, group: SecurityGroup): boolean {
  return (
    state.interfaces().some(({ groupIds }) => groupIds.includes(group.id)) ||
    state
      .list('security-group', context)
      .some((other) => other.id !== group.id && other.rules.some(({ peer }) => peer.value === group.id))
  )
}

/** A group of the account by id, or by name in the default VPC. */
export function chosenGroup(
  state: NetworkState,
  context: CallContext,
  id: string | undefined,
  name: string | undefined,
): SecurityGroup {
  if (id !== undefined) return required(state, 'security-group', context, id)
  if (name !== undefined) return groupByName(state, context, name)
  throw refused('MissingParameter', 'The request must contain the parameter groupName or groupId')
}

function groupByName(state: NetworkState, context: CallContext, name: string): SecurityGroup {
  const vpcId = defaultVpcId(state, context)
  const group = state.list('security-group', context).find((one) => one.name === name && one.vpcId === vpcId)
  if (group !== undefined) return group
  throw refused('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC '${vpcId}'`)
}

function defaultVpcId(state: NetworkState, context: CallContext): string {
  const vpc = state.list('vpc', context).find(({ isDefault }) => isDefault)
  if (vpc !== undefined) return vpc.id
  throw refused('MissingParameter', 'There is no default VPC: the request must contain the parameter vpcId')
}

function checkName(name: string, description: string): void {
  if (name.toLowerCase() === 'default')
    throw refused('InvalidGroup.Reserved', `Cannot use reserved security group name: ${name}`)
  if (name.startsWith('sg-'))
    throw refused('InvalidParameterValue', 'Invalid security group name: it cannot begin with sg-')
  const characters = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/
  if (!characters.test(name)) throw refused('InvalidParameterValue', `Invalid security group name '${name}'`)
  if (!characters.test(description))
    throw refused('InvalidParameterValue', `Invalid security group description '${description}'`)
}

function filterValues(group: SecurityGroup): FilterValues {
  const valuesOfRules = (prefix: string, rules: readonly Rule[]): FilterValues => {
    const peers = (kind: Rule['peer']['kind']): string[] =>
      rules.flatMap(({ peer }) => (peer.kind === kind ? [peer.value] : []))
    return {
      [`${prefix}cidr`]: peers('ipv4'),
      [`${prefix}ipv6-cidr`]: peers('ipv6'),
      [`${prefix}group-id`]: peers('group'),
      [`${prefix}prefix-list-id`]: peers('prefix-list'),
      [`${prefix}from-port`]: rules.map(({ fromPort }) => fromPort),
      [`${prefix}to-port`]: rules.map(({ toPort }) => toPort),
      [`${prefix}protocol`]: rules.map(({ protocol }) => protocol),
      [`${prefix}user-id`]: rules.flatMap(({ peer }) => (peer.kind === 'group' ? [peer.accountId] : [])),
    }
  }
  return {
    description: [group.description],
    'group-id': [group.id],
    'group-name': [group.name],
    'owner-id': [group.accountId],
    'vpc-id': [group.vpcId],
    ...valuesOfRules(
      'ip-permission.',
      group.rules.filter(({ isEgress }) => !isEgress),
    ),
    ...valuesOfRules(
      'egress.ip-permission.',
      group.rules.filter(({ isEgress }) => isEgress),
    ),
  }
}

function groupArn({ accountId, region, id }: SecurityGroup): string {
  return formatArn({ service: 'ec2', region, accountId, resource: `security-group/${id}` })
}

function shownGroup(group: SecurityGroup) {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    OwnerId: group.accountId,
    VpcId: group.vpcId,
    SecurityGroupArn: groupArn(group),
    IpPermissions: shownPermissions(group.rules.filter(({ isEgress }) => !isEgress)),
    IpPermissionsEgress: shownPermissions(group.rules.filter(({ isEgress }) => isEgress)),
    Tags: shownTags(group.tags),
  }
}
