/**
 * What each call of ec2 is about: every resource that it changes or stands on, with its tags and its VPC; all of them must be
 * allowed. What only describes is about everything. Source: "Actions, resources, and condition keys for Amazon EC2" of the service
 * authorization reference.
 */
import { formatArn } from '@millrace/aws/arn'
import {
  resourceTags,
  textOf,
  type AuthorizationTarget,
  type AuthorizationTargets,
  type TargetResolver,
} from '@millrace/aws/authorization-target'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Scope } from '../scope.ts'
import type { NetworkState } from './network-state.ts'
import type { Resource, Rule, SecurityGroup, Tags } from './records.ts'

type Input = Readonly<Record<string, unknown>>
type Type = Resource['kind'] | 'security-group-rule'

/** What there was before the call, by the member that names it. */
const named: readonly (readonly [member: string, type: Type])[] = [
  ['GroupId', 'security-group'],
  ['InternetGatewayId', 'internet-gateway'],
  ['NetworkInterfaceId', 'network-interface'],
  ['RouteTableId', 'route-table'],
  ['SubnetId', 'subnet'],
  ['VpcId', 'vpc'],
]

const created: Readonly<Record<string, Type>> = {
  CreateInternetGateway: 'internet-gateway',
  CreateRouteTable: 'route-table',
  CreateSecurityGroup: 'security-group',
  CreateSubnet: 'subnet',
  CreateVpc: 'vpc',
}

/** By the beginning of an id. */
const types: Readonly<Record<string, Type>> = {
  eni: 'network-interface',
  igw: 'internet-gateway',
  rtb: 'route-table',
  sg: 'security-group',
  sgr: 'security-group-rule',
  subnet: 'subnet',
  vpc: 'vpc',
}

export function ec2Targets(state: NetworkState): TargetResolver {
  return ({ operation, input, accountId, region }): AuthorizationTargets => {
    const scope = { accountId, region }
    const own = { 'ec2:region': [region] }
    if (operation.startsWith('Describe')) return { targets: [{ resource: '*', values: own }] }
    const resources = new Resources(state, scope)
    const targets = [
      ...(operation in created ? newOnes(operation, created[operation] ?? 'vpc', input, scope) : []),
      ...idsIn(operation, input, resources).map((id) => resources.target(id)),
    ]
    const all = targets.length === 0 ? [{ resource: '*' }] : targets
    return { targets: all.map((target) => ({ ...target, values: { ...own, ...target.values } })) }
  }
}

/** What is made, with the tags that it gets; who gives it tags needs leave for that too. */
function newOnes(operation: string, type: Type, input: Input, scope: Scope): AuthorizationTarget[] {
  const resource = arnOf(scope, type, '*')
  const vpcId = textOf(input, 'VpcId')
  const tags = tagsFor(type, input['TagSpecifications'])
  const requested: KeyValues =
    tags.length === 0
      ? {}
      : {
          'aws:tagkeys': tags.map(([key]) => key),
          ...Object.fromEntries(tags.map(([key, value]) => [`aws:requesttag/${key.toLowerCase()}`, [value]])),
        }
  const target = { resource, values: { ...(vpcId === '' ? {} : vpcKey(scope, vpcId)), ...requested } }
  if (tags.length === 0) return [target]
  return [target, { resource, action: 'ec2:CreateTags', values: { ...requested, 'ec2:createaction': [operation] } }]
}

/** Ids of what the call names, each once. */
function idsIn(operation: string, input: Input, resources: Resources): string[] {
  const ids = named.map(([member]) => textOf(input, member)).filter((id) => id !== '')
  const groupName = textOf(input, 'GroupName')
  if (groupName !== '' && operation !== 'CreateSecurityGroup') ids.push(resources.groupNamed(groupName))
  const association = textOf(input, 'AssociationId')
  if (association !== '') ids.push(...resources.tableWith(association))
  if (operation === 'CreateTags' || operation === 'DeleteTags') ids.push(...textsOf(input['Resources']))
  if (operation === 'ModifyNetworkInterfaceAttribute') ids.push(...textsOf(input['Groups']))
  if (operation === 'ModifySecurityGroupRules') ids.push(...ruleIds(input['SecurityGroupRules']))
  return [...new Set(ids)]
}

class Resources {
  readonly #state: NetworkState
  readonly #scope: Scope

  constructor(state: NetworkState, scope: Scope) {
    this.#state = state
    this.#scope = scope
  }

  /** Of what is not there the operation tells. */
  target(id: string): AuthorizationTarget {
    const type = types[id.slice(0, id.indexOf('-'))]
    if (type === undefined) return { resource: '*' }
    const resource = arnOf(this.#scope, type, id)
    if (type === 'security-group-rule') {
      const found = this.#rule(id)
      return found === null
        ? { resource }
        : { resource, values: valuesOf(this.#scope, found.rule.tags, found.group.vpcId) }
    }
    const found = this.#state.get(type, this.#scope, id)
    if (found === null) return { resource }
    const vpcId = found.kind === 'vpc' ? null : found.vpcId
    return { resource, values: valuesOf(this.#scope, found.tags, vpcId) }
  }

  /** A group's id by its name in the default VPC; what is no id of any group where there is none. */
  groupNamed(name: string): string {
    const vpc = this.#state.list('vpc', this.#scope).find(({ isDefault }) => isDefault)
    const group = this.#state
      .list('security-group', this.#scope)
      .find((one) => one.name === name && one.vpcId === vpc?.id)
    return group?.id ?? `sg-${name}`
  }

  /** The route table of an association, and its subnet. */
  tableWith(association: string): string[] {
    for (const table of this.#state.list('route-table', this.#scope)) {
      const found = table.associations.find(({ id }) => id === association)
      if (found !== undefined) return [table.id, ...(found.subnetId === null ? [] : [found.subnetId])]
    }
    return []
  }

  #rule(id: string): { readonly rule: Rule; readonly group: SecurityGroup } | null {
    for (const group of this.#state.list('security-group', this.#scope)) {
      const rule = group.rules.find((one) => one.id === id)
      if (rule !== undefined) return { rule, group }
    }
    return null
  }
}

function valuesOf(scope: Scope, tags: Tags, vpcId: string | null): KeyValues {
  const same = Object.entries(tags).map(([key, value]) => [`ec2:resourcetag/${key.toLowerCase()}`, [value]])
  return { ...resourceTags(tags), ...Object.fromEntries(same), ...(vpcId === null ? {} : vpcKey(scope, vpcId)) }
}

function vpcKey(scope: Scope, vpcId: string): KeyValues {
  return { 'ec2:vpc': [arnOf(scope, 'vpc', vpcId)] }
}

function arnOf({ accountId, region }: Scope, type: Type, id: string): string {
  return formatArn({ service: 'ec2', region, accountId, resource: `${type}/${id}` })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function ruleIds(updates: unknown): string[] {
  if (!Array.isArray(updates)) return []
  return textsOf(updates.map((update: Input | null) => update?.['SecurityGroupRuleId']))
}

function tagsFor(type: Type, specifications: unknown): (readonly [string, string])[] {
  if (!Array.isArray(specifications)) return []
  return specifications.flatMap((each: Input | null) => {
    const tags: unknown = each?.['ResourceType'] === type ? each['Tags'] : null
    if (!Array.isArray(tags)) return []
    return tags.flatMap((tag: Input | null) => {
      const [key, value] = [tag?.['Key'], tag?.['Value'] ?? '']
      return typeof key === 'string' && typeof value === 'string' ? [[key, value] as const] : []
    })
  })
}
