/**
 * What each STS call is about. For AssumeRole it is the role, whose trust policy always has its say, with the condition keys
 * that trust policies ask for. Source: "Actions, resources, and condition keys for AWS STS" of the service authorization
 * reference.
 */
import { parseArn } from '@millrace/aws/arn'
import {
  resourceTags,
  textOf,
  type AuthorizationTargets,
  type TargetResolver,
} from '@millrace/aws/authorization-target'
import type { KeyValues } from '@millrace/policy/principal-values'
import type { Role } from '../iam/entities.ts'
import type { IamStore } from '../iam/iam-store.ts'
import type { PolicyDocuments } from '../iam/policy-documents.ts'

type Input = Readonly<Record<string, unknown>>

export interface StsTargetOptions {
  readonly store: IamStore
  readonly documents: PolicyDocuments
}

export function stsTargets({ store, documents }: StsTargetOptions): TargetResolver {
  return ({ operation, input, accountId }): AuthorizationTargets => {
    if (operation === 'GetFederationToken')
      return { targets: [{ resource: `arn:aws:sts::${accountId}:federated-user/${textOf(input, 'Name')}` }] }
    if (operation !== 'AssumeRole') return { targets: [{ resource: '*' }] }
    const roleArn = textOf(input, 'RoleArn')
    const owner = parseArn(roleArn)?.accountId ?? accountId
    const role = findRole(store, roleArn)
    const trust =
      role === null ? [] : [{ name: `trust policy of ${role.name}`, document: documents.parse(role.trust, 'trust') }]
    const target = {
      resource: roleArn === '' ? '*' : roleArn,
      values: assumeRoleKeys(input, role),
      policies: { accountId: owner, policies: trust, mustAllow: true },
    }
    return {
      accountId: owner,
      targets: [
        target,
        ...(hasItems(input['Tags']) ? [{ ...target, action: 'sts:TagSession' }] : []),
        ...(textOf(input, 'SourceIdentity') === '' ? [] : [{ ...target, action: 'sts:SetSourceIdentity' }]),
      ],
    }
  }
}

/** By ARN, path included. */
export function findRole(store: IamStore, roleArn: string): Role | null {
  const accountId = parseArn(roleArn)?.accountId ?? ''
  const role = store.account(accountId).role.get(roleArn.split('/').at(-1)?.toLowerCase() ?? '')
  return role?.arn === roleArn ? role : null
}

function assumeRoleKeys(input: Input, role: Role | null): KeyValues {
  const keys: Record<string, readonly string[]> = {}
  for (const [member, key] of [
    ['ExternalId', 'sts:externalid'],
    ['RoleSessionName', 'sts:rolesessionname'],
    ['SourceIdentity', 'sts:sourceidentity'],
  ] as const)
    if (textOf(input, member) !== '') keys[key] = [textOf(input, member)]
  const transitive = input['TransitiveTagKeys']
  if (Array.isArray(transitive)) keys['sts:transitivetagkeys'] = transitive.filter((name) => typeof name === 'string')
  return { ...resourceTags(role?.tags ?? {}), ...keys }
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}
