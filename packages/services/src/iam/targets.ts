/**
 * What each IAM call is about: the user, group, role, policy or instance profile that it names, by ARN, with the condition keys
 * of IAM. Source: "Actions, resources, and condition keys for IAM" of the service authorization reference.
 */
import { resourceTags, textOf, type AuthorizationTarget, type TargetResolver } from '@millrace/aws/authorization-target'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Account, Role, Tags, User } from './entities.ts'
import { managedPolicy } from './effective-policies.ts'
import type { IamStore } from './iam-store.ts'

type Input = Readonly<Record<string, unknown>>

/** Operations whose new entity does not exist yet: the path is in the input. */
const creating: ReadonlySet<string> = new Set([
  'CreateUser',
  'CreateGroup',
  'CreateRole',
  'CreatePolicy',
  'CreateInstanceProfile',
])

export function iamTargets(store: IamStore): TargetResolver {
  return ({ operation, input, accountId, principal }) => {
    const account = store.account(accountId)
    const common = commonKeys(input)
    if (operation === 'CreateServiceLinkedRole' || operation === 'GetServiceLinkedRoleDeletionStatus') {
      const service = textOf(input, 'AWSServiceName')
      const resource = `arn:aws:iam::${accountId}:role/aws-service-role/${service === '' ? '*' : `${service}/*`}`
      return { targets: [{ resource, values: service === '' ? {} : { 'iam:awsservicename': [service] } }] }
    }
    const named = namedBy(account, operation, input)
    // Without a name most of these are about the caller.
    const resource = named?.resource ?? (aboutCaller.has(operation) ? principal.arn : '*')
    const first: AuthorizationTarget = { resource, values: { ...named?.values, ...common } }
    if (operation !== 'AddRoleToInstanceProfile') return { targets: [first] }
    const role = entityTarget(account, 'role', textOf(input, 'RoleName'))
    return { targets: [first, { ...role, action: 'iam:PassRole' }] }
  }
}

const aboutCaller: ReadonlySet<string> = new Set([
  'GetUser',
  'CreateAccessKey',
  'ListAccessKeys',
  'UpdateAccessKey',
  'DeleteAccessKey',
  'GetLoginProfile',
])

function namedBy(
  account: Account,
  operation: string,
  input: Input,
): { readonly resource: string; readonly values: KeyValues } | null {
  const { accountId } = account
  const path = textOf(input, 'Path') || '/'
  const made = (kind: string, member: string) => ({
    resource: `arn:aws:iam::${accountId}:${kind}${path}${textOf(input, member)}`,
    values: {},
  })
  if (creating.has(operation)) {
    if (operation === 'CreateUser') return made('user', 'UserName')
    if (operation === 'CreateGroup') return made('group', 'GroupName')
    if (operation === 'CreateRole') return made('role', 'RoleName')
    return operation === 'CreatePolicy' ? made('policy', 'PolicyName') : made('instance-profile', 'InstanceProfileName')
  }
  if (operation === 'SimulatePrincipalPolicy') return { resource: textOf(input, 'PolicySourceArn') || '*', values: {} }
  if (operation === 'GetAccessKeyLastUsed') {
    const key = account['access-key'].get(textOf(input, 'AccessKeyId'))
    return entityTarget(account, 'user', key?.userName ?? '*')
  }
  if (textOf(input, 'InstanceProfileName') !== '')
    return entityTarget(account, 'instance-profile', textOf(input, 'InstanceProfileName'))
  if (textOf(input, 'RoleName') !== '') return entityTarget(account, 'role', textOf(input, 'RoleName'))
  // AddUserToGroup and RemoveUserFromGroup are about the group.
  if (textOf(input, 'GroupName') !== '') return entityTarget(account, 'group', textOf(input, 'GroupName'))
  if (textOf(input, 'UserName') !== '') return entityTarget(account, 'user', textOf(input, 'UserName'))
  const policyArn = textOf(input, 'PolicyArn')
  if (policyArn === '') return null
  return { resource: policyArn, values: tagKeys(managedPolicy(account, policyArn)?.tags ?? {}) }
}

function entityTarget(
  account: Account,
  kind: 'user' | 'group' | 'role' | 'instance-profile',
  name: string,
): { readonly resource: string; readonly values: KeyValues } {
  const entity = account[kind].get(name.toLowerCase())
  if (entity === undefined) return { resource: `arn:aws:iam::${account.accountId}:${kind}/${name}`, values: {} }
  const tags = 'tags' in entity ? (entity as { readonly tags: Tags }).tags : {}
  const boundary = 'boundary' in entity ? (entity as User | Role).boundary : null
  const bounded: KeyValues = boundary === null ? {} : { 'iam:permissionsboundary': [boundary] }
  return { resource: entity.arn, values: { ...tagKeys(tags), ...bounded } }
}

function tagKeys(tags: Tags): KeyValues {
  const own = Object.entries(tags).map(([key, value]) => [`iam:resourcetag/${key.toLowerCase()}`, [value]] as const)
  return { ...resourceTags(tags), ...Object.fromEntries(own) }
}

function commonKeys(input: Input): KeyValues {
  const policyArn = textOf(input, 'PolicyArn')
  const boundary = textOf(input, 'PermissionsBoundary')
  return {
    ...(policyArn === '' ? {} : { 'iam:policyarn': [policyArn] }),
    ...(boundary === '' ? {} : { 'iam:permissionsboundary': [boundary] }),
  }
}
