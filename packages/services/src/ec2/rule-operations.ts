/** The rules of security groups: authorize, revoke, describe, modify. */
import { formatArn } from '@millrace/aws/arn'
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import {
  checkedDescription,
  networkPeer,
  type RequestedPermission,
  rulesOf,
  ruleText,
  sameRule,
  trafficOf,
} from './permissions.ts'
import type { Peer, Rule, SecurityGroup } from './records.ts'
import { chosenGroup } from './security-group-operations.ts'
import { shownTags, tagsOf } from './tags.ts'

/** Per direction. AWS's default quota. */
const RULES_MAX = 60

interface RuleRequest {
  readonly GroupId?: string | undefined
  readonly GroupName?: string | undefined
  readonly IpPermissions?: readonly RequestedPermission[] | undefined
  /** One permission, written flat. */
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly CidrIp?: string | undefined
  readonly SourceSecurityGroupName?: string | undefined
  readonly SourceSecurityGroupOwnerId?: string | undefined
}

type TagSpecifications = Parameters<typeof tagsOf>[0]

export function ruleOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies

  const authorize = async (
    input: RuleRequest & { readonly TagSpecifications?: TagSpecifications },
    context: CallContext,
    isEgress: boolean,
  ) => {
    const [group, added] = await state.change(() => {
      const before = chosenGroup(state, context, input.GroupId, input.GroupName)
      const tags = tagsOf(input.TagSpecifications, 'security-group-rule')
      const rules = requestedRules(state, context, input, before, isEgress).map((rule) => ({ ...rule, tags }))
      const kept = [...before.rules]
      for (const rule of rules) {
        if (kept.some((one) => sameRule(one, rule)))
          throw refused('InvalidPermission.Duplicate', `the specified rule "${ruleText(rule)}" already exists`)
        kept.push(rule)
      }
      if (kept.filter((rule) => rule.isEgress === isEgress).length > RULES_MAX)
        throw refused(
          'RulesPerSecurityGroupLimitExceeded',
          'The maximum number of rules per security group has been reached.',
        )
      return { put: [{ ...before, rules: kept }], answer: [before, rules] as const }
    })
    return { Return: true, SecurityGroupRules: added.map((rule) => shownRule(group, rule)) }
  }

  const revoke = async (
    input: RuleRequest & { readonly SecurityGroupRuleIds?: readonly string[] | undefined },
    context: CallContext,
    isEgress: boolean,
  ) => {
    const [group, gone] = await state.change(() => {
      const before = chosenGroup(state, context, input.GroupId, input.GroupName)
      const removed = (input.SecurityGroupRuleIds ?? []).map((id) => ruleById(before, id, isEgress))
      if (input.SecurityGroupRuleIds === undefined) {
        for (const wanted of requestedRules(state, context, input, before, isEgress)) {
          const rule = before.rules.find((one) => sameRule(one, wanted))
          if (rule === undefined)
            throw refused('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
          removed.push(rule)
        }
      }
      const rules = before.rules.filter((rule) => !removed.includes(rule))
      return { put: [{ ...before, rules }], answer: [before, removed] as const }
    })
    return {
      Return: true,
      RevokedSecurityGroupRules: gone.map((rule) => {
        const {
          GroupOwnerId: _owner,
          Tags: _tags,
          SecurityGroupRuleArn: _arn,
          ReferencedGroupInfo,
          ...shown
        } = shownRule(group, rule)
        return {
          ...shown,
          ...(ReferencedGroupInfo === undefined ? {} : { ReferencedGroupId: ReferencedGroupInfo.GroupId }),
        }
      }),
    }
  }

  const describeAnew = async (
    input: RuleRequest & {
      readonly SecurityGroupRuleDescriptions?:
        | readonly { SecurityGroupRuleId?: string | undefined; Description?: string | undefined }[]
        | undefined
    },
    context: CallContext,
    isEgress: boolean,
  ) => {
    await state.change(() => {
      const before = chosenGroup(state, context, input.GroupId, input.GroupName)
      const descriptions = new Map<Rule, string | null>()
      for (const { SecurityGroupRuleId = '', Description } of input.SecurityGroupRuleDescriptions ?? [])
        descriptions.set(ruleById(before, SecurityGroupRuleId, isEgress), checkedDescription(Description))
      if (input.SecurityGroupRuleDescriptions === undefined) {
        for (const wanted of requestedRules(state, context, input, before, isEgress)) {
          const rule = before.rules.find((one) => sameRule(one, wanted))
          if (rule === undefined)
            throw refused('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
          descriptions.set(rule, wanted.description)
        }
      }
      const rules = before.rules.map((rule) => ({
        ...rule,
        description: descriptions.get(rule) ?? (descriptions.has(rule) ? null : rule.description),
      }))
      return { put: [{ ...before, rules }], answer: null }
    })
    return { Return: true }
  }

  return {
    AuthorizeSecurityGroupIngress: (input, context) => authorize(input, context, false),
    AuthorizeSecurityGroupEgress: (input, context) => authorize(input, context, true),
    RevokeSecurityGroupIngress: (input, context) => revoke(input, context, false),
    RevokeSecurityGroupEgress: (input, context) => revoke(input, context, true),
    UpdateSecurityGroupRuleDescriptionsIngress: (input, context) => describeAnew(input, context, false),
    UpdateSecurityGroupRuleDescriptionsEgress: (input, context) => describeAnew(input, context, true),

    DescribeSecurityGroupRules: async (input, context) => {
      const all = state
        .list('security-group', context)
        .flatMap((group) => group.rules.map((rule) => ({ id: rule.id, tags: rule.tags, group, rule })))
      for (const id of input.SecurityGroupRuleIds ?? []) {
        if (!all.some((one) => one.id === id)) throw unknownRule(id)
      }
      const chosen = all.filter(({ id }) => input.SecurityGroupRuleIds?.includes(id) ?? true)
      const found = filtered(
        chosen,
        input.Filters,
        ['group-id', 'security-group-rule-id', 'is-egress'],
        ({ id, group, rule }) => ({
          'group-id': [group.id],
          'security-group-rule-id': [id],
          'is-egress': [rule.isEgress],
        }),
      )
      const page = pageOf(dependencies, 'DescribeSecurityGroupRules', context, found, input)
      return { SecurityGroupRules: page.items.map(({ group, rule }) => shownRule(group, rule)), NextToken: page.next }
    },

    ModifySecurityGroupRules: async ({ GroupId, SecurityGroupRules }, context) => {
      await state.change(() => {
        const group = required(state, 'security-group', context, GroupId)
        const rules = [...group.rules]
        for (const { SecurityGroupRuleId, SecurityGroupRule } of SecurityGroupRules) {
          const at = rules.findIndex(({ id }) => id === SecurityGroupRuleId)
          const before = rules[at]
          if (before === undefined) throw unknownRule(SecurityGroupRuleId)
          if (SecurityGroupRule === undefined) continue
          const { IpProtocol, FromPort, ToPort, Description } = SecurityGroupRule
          rules[at] = {
            ...before,
            ...trafficOf(IpProtocol, FromPort, ToPort),
            peer: modifiedPeer(state, context, SecurityGroupRule),
            description: checkedDescription(Description),
          }
        }
        for (const [index, rule] of rules.entries()) {
          if (rules.slice(0, index).some((one) => sameRule(one, rule)))
            throw refused('InvalidPermission.Duplicate', `the specified rule "${ruleText(rule)}" already exists`)
        }
        return { put: [{ ...group, rules }], answer: null }
      })
      return { Return: true }
    },
  }
}

function modifiedPeer(
  state: NetworkState,
  context: CallContext,
  rule: {
    readonly CidrIpv4?: string | undefined
    readonly CidrIpv6?: string | undefined
    readonly PrefixListId?: string | undefined
    readonly ReferencedGroupId?: string | undefined
  },
): Peer {
  if (rule.CidrIpv4 !== undefined) return networkPeer('ipv4', rule.CidrIpv4)
  if (rule.CidrIpv6 !== undefined) return networkPeer('ipv6', rule.CidrIpv6)
  if (rule.PrefixListId !== undefined) return { kind: 'prefix-list', value: rule.PrefixListId }
  if (rule.ReferencedGroupId === undefined)
    throw refused(
      'MissingParameter',
      'A rule must name one source or destination: CidrIpv4, CidrIpv6, PrefixListId or ReferencedGroupId.',
    )
  const { id, accountId } = required(state, 'security-group', context, rule.ReferencedGroupId)
  return { kind: 'group', value: id, accountId }
}

function requestedRules(
  state: NetworkState,
  context: CallContext,
  input: RuleRequest,
  group: SecurityGroup,
  isEgress: boolean,
): Rule[] {
  return rulesOf(input.IpPermissions ?? [flatPermission(input)], {
    isEgress,
    accountId: context.accountId,
    groupId({ GroupId, GroupName }) {
      if (GroupId !== undefined) return required(state, 'security-group', context, GroupId).id
      const sibling = state
        .list('security-group', context)
        .find(({ name, vpcId }) => name === GroupName && vpcId === group.vpcId)
      if (sibling !== undefined) return sibling.id
      throw refused('InvalidGroup.NotFound', `The security group '${GroupName ?? ''}' does not exist`)
    },
  })
}

function flatPermission(input: RuleRequest): RequestedPermission {
  return {
    IpProtocol: input.IpProtocol ?? (input.SourceSecurityGroupName === undefined ? undefined : '-1'),
    FromPort: input.FromPort,
    ToPort: input.ToPort,
    ...(input.CidrIp === undefined ? {} : { IpRanges: [{ CidrIp: input.CidrIp }] }),
    ...(input.SourceSecurityGroupName === undefined
      ? {}
      : { UserIdGroupPairs: [{ GroupName: input.SourceSecurityGroupName, UserId: input.SourceSecurityGroupOwnerId }] }),
  }
}

function ruleById(group: SecurityGroup, id: string, isEgress: boolean): Rule {
  const rule = group.rules.find((one) => one.id === id && one.isEgress === isEgress)
  if (rule === undefined) throw unknownRule(id)
  return rule
}

function unknownRule(id: string) {
  return refused('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`)
}

function shownRule({ id: groupId, accountId, region }: SecurityGroup, rule: Rule) {
  const { peer } = rule
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: groupId,
    GroupOwnerId: accountId,
    IsEgress: rule.isEgress,
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...(peer.kind === 'ipv4' ? { CidrIpv4: peer.value } : {}),
    ...(peer.kind === 'ipv6' ? { CidrIpv6: peer.value } : {}),
    ...(peer.kind === 'prefix-list' ? { PrefixListId: peer.value } : {}),
    ...(peer.kind === 'group' ? { ReferencedGroupInfo: { GroupId: peer.value, UserId: peer.accountId } } : {}),
    ...(rule.description === null ? {} : { Description: rule.description }),
    Tags: shownTags(rule.tags),
    SecurityGroupRuleArn: formatArn({ service: 'ec2', region, accountId, resource: `security-group-rule/${rule.id}` }),
  }
}
