import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { awsManagedPolicies } from './aws-managed-policies.ts'
import type { IamDependencies } from './dependencies.ts'
import type { Group, ManagedPolicy, PolicyVersion, Role, User } from './entities.ts'
import { listPage, underPath } from './lists.ts'
import { exists, inTheWay, missing, requireOwnPolicy, requirePolicy, requireWithin } from './require.ts'
import { attachmentsOf, boundariesOf, encodeDocument, showPolicy } from './shown.ts'
import { tagList, withoutTags, withTags } from './tags.ts'
import { withoutSpace } from './trust-policy.ts'
import { uniqueId } from './unique-id.ts'

const POLICIES_MAX = 1500
const POLICY_CHARACTERS_MAX = 6144
const VERSIONS_MAX = 5

export function managedPolicyOperations(dependencies: IamDependencies): OperationHandlers<'iam'> {
  const { store, documents, pages, clock } = dependencies
  const requireDocument = (text: string): void => {
    documents.parse(text, 'identity')
    requireWithin('PolicySize', withoutSpace(text).length, POLICY_CHARACTERS_MAX)
  }
  return {
    CreatePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const { PolicyName: name, Path: path = '/' } = input
        if (account.policy.has(name.toLowerCase()))
          exists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
        requireWithin('PoliciesPerAccount', account.policy.size + 1, POLICIES_MAX)
        requireDocument(input.PolicyDocument)
        const createdAt = clock().toISOString()
        const policy: ManagedPolicy = {
          path,
          name,
          id: uniqueId('ANPA'),
          arn: `arn:aws:iam::${accountId}:policy${path}${name}`,
          createdAt,
          updatedAt: createdAt,
          description: input.Description ?? null,
          tags: withTags({}, input.Tags),
          versions: [{ id: 'v1', document: input.PolicyDocument, createdAt }],
          defaultVersionId: 'v1',
          lastVersion: 1,
        }
        return { writes: [{ put: 'policy', entity: policy }], answer: { Policy: showPolicy(account, policy) } }
      }),

    GetPolicy: async (input, { accountId }) => {
      const account = store.account(accountId)
      return { Policy: showPolicy(account, requirePolicy(account, input.PolicyArn)) }
    },

    ListPolicies: async (input, context) => {
      const { Scope: scope = 'All', OnlyAttached: onlyAttached = false, PolicyUsageFilter: usage } = input
      const account = store.account(context.accountId)
      const all = [
        ...(scope === 'AWS' ? [] : account.policy.values()),
        ...(scope === 'Local' ? [] : awsManagedPolicies()),
      ]
      const asked = ({ arn }: ManagedPolicy): boolean =>
        (!onlyAttached || attachmentsOf(account, arn).length > 0) &&
        (usage !== 'PermissionsPolicy' || attachmentsOf(account, arn).length > 0) &&
        (usage !== 'PermissionsBoundary' || boundariesOf(account, arn).length > 0)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListPolicies', scope, String(onlyAttached), usage ?? '', input.PathPrefix ?? ''],
        items: all.filter(underPath(input.PathPrefix)).filter(asked),
        sortKey: ({ arn }) => arn,
        show: (policy) => showPolicy(account, policy),
      })
      return { Policies: shown, ...more }
    },

    DeletePolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        if (attachmentsOf(account, policy.arn).length > 0 || boundariesOf(account, policy.arn).length > 0)
          inTheWay('Cannot delete a policy attached to entities.')
        if (policy.versions.length > 1) {
          inTheWay(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
          )
        }
        return { writes: [{ remove: 'policy', name: policy.name }], answer: {} }
      }),

    CreatePolicyVersion: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        requireDocument(input.PolicyDocument)
        if (policy.versions.length >= VERSIONS_MAX) {
          throw new AwsError('LimitExceededException', {
            message: `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
          })
        }
        const createdAt = clock().toISOString()
        const lastVersion = policy.lastVersion + 1
        const version: PolicyVersion = { id: `v${lastVersion}`, document: input.PolicyDocument, createdAt }
        const isDefault = input.SetAsDefault === true
        const changed: ManagedPolicy = {
          ...policy,
          versions: [...policy.versions, version],
          lastVersion,
          updatedAt: createdAt,
          defaultVersionId: isDefault ? version.id : policy.defaultVersionId,
        }
        return {
          writes: [{ put: 'policy', entity: changed }],
          answer: {
            PolicyVersion: { VersionId: version.id, IsDefaultVersion: isDefault, CreateDate: new Date(createdAt) },
          },
        }
      }),

    GetPolicyVersion: async (input, { accountId }) => {
      const policy = requirePolicy(store.account(accountId), input.PolicyArn)
      const version = requireVersion(policy, input.VersionId)
      return { PolicyVersion: { ...showVersion(policy, version), Document: encodeDocument(version.document) } }
    },

    ListPolicyVersions: async (input, context) => {
      const policy = requirePolicy(store.account(context.accountId), input.PolicyArn)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListPolicyVersions', policy.arn],
        items: policy.versions,
        // The newest first.
        sortKey: ({ id }) => String(1_000_000 - Number(id.slice(1))),
        show: (version) => showVersion(policy, version),
      })
      return { Versions: shown, ...more }
    },

    SetDefaultPolicyVersion: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const defaultVersionId = requireVersion(policy, input.VersionId).id
        const updatedAt = clock().toISOString()
        return { writes: [{ put: 'policy', entity: { ...policy, defaultVersionId, updatedAt } }], answer: {} }
      }),

    DeletePolicyVersion: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const version = requireVersion(policy, input.VersionId)
        if (version.id === policy.defaultVersionId) inTheWay('Cannot delete the default version of a policy.')
        const versions = policy.versions.filter((kept) => kept !== version)
        return { writes: [{ put: 'policy', entity: { ...policy, versions } }], answer: {} }
      }),

    ListEntitiesForPolicy: async (input, context) => {
      const account = store.account(context.accountId)
      const { arn } = requirePolicy(account, input.PolicyArn)
      const holders =
        input.PolicyUsageFilter === 'PermissionsBoundary' ? boundariesOf(account, arn) : attachmentsOf(account, arn)
      const asked = ({ arn: holder }: User | Group | Role): boolean =>
        (input.EntityFilter ?? kindOf(holder)) === kindOf(holder)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: [
          'ListEntitiesForPolicy',
          arn,
          input.EntityFilter ?? '',
          input.PolicyUsageFilter ?? '',
          input.PathPrefix ?? '',
        ],
        items: holders.filter(asked).filter(underPath(input.PathPrefix)),
        sortKey: (holder) => holder.arn,
        show: (holder) => holder,
      })
      const of = (kind: string): (User | Group | Role)[] => shown.filter((holder) => kindOf(holder.arn) === kind)
      return {
        PolicyUsers: of('User').map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyGroups: of('Group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyRoles: of('Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...more,
      }
    },

    TagPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        return {
          writes: [{ put: 'policy', entity: { ...policy, tags: withTags(policy.tags, input.Tags) } }],
          answer: {},
        }
      }),

    UntagPolicy: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const tags = withoutTags(policy.tags, input.TagKeys)
        return { writes: [{ put: 'policy', entity: { ...policy, tags } }], answer: {} }
      }),

    ListPolicyTags: async (input, { accountId }) => ({
      Tags: tagList(requirePolicy(store.account(accountId), input.PolicyArn).tags),
      IsTruncated: false,
    }),
  }
}

function kindOf(arn: string): 'User' | 'Group' | 'Role' {
  if (arn.includes(':user/')) return 'User'
  return arn.includes(':group/') ? 'Group' : 'Role'
}

function requireVersion(policy: ManagedPolicy, id: string): PolicyVersion {
  return (
    policy.versions.find((version) => version.id === id) ??
    missing(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`)
  )
}

function showVersion(
  policy: ManagedPolicy,
  version: PolicyVersion,
): { VersionId: string; IsDefaultVersion: boolean; CreateDate: Date } {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersionId,
    CreateDate: new Date(version.createdAt),
  }
}
