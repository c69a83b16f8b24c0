/** What is about the account as a whole, and the kinds of credentials that nobody can make here, of which there are none. */
import type { OperationHandlers } from '@millrace/aws/service'
import type { PrincipalNames } from '@millrace/policy/principal-names'
import { awsManagedPolicies } from './aws-managed-policies.ts'
import type { IamDependencies } from './dependencies.ts'
import type { Account, Group, ManagedPolicy, Role, User } from './entities.ts'
import { listPage } from './lists.ts'
import { exists, missing, requirePolicy, requireUser } from './require.ts'
import {
  attachmentsOf,
  boundariesOf,
  encodeDocument,
  showGroup,
  showPolicy,
  showProfile,
  showRole,
  showUser,
} from './shown.ts'

type Listed =
  | { readonly kind: 'User'; readonly entity: User }
  | { readonly kind: 'Group'; readonly entity: Group }
  | { readonly kind: 'Role'; readonly entity: Role }
  | { readonly kind: 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly entity: ManagedPolicy }

export function accountOperations({ store, names, pages }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateAccountAlias: async ({ AccountAlias: alias }, { accountId }) => {
      const taken = [...store.accounts()].some(({ settings }) => settings.get('settings')?.alias === alias)
      if (taken) exists(`The account alias ${alias} already exists.`)
      return store.change(accountId, () => ({
        writes: [{ put: 'settings', entity: { name: 'settings', alias } }],
        answer: {},
      }))
    },

    DeleteAccountAlias: async ({ AccountAlias: alias }, { accountId }) =>
      store.change(accountId, (account) => {
        if (account.settings.get('settings')?.alias !== alias) missing(`The account alias ${alias} cannot be found.`)
        return { writes: [{ put: 'settings', entity: { name: 'settings', alias: null } }], answer: {} }
      }),

    ListAccountAliases: async (_input, { accountId }) => {
      const alias = store.account(accountId).settings.get('settings')?.alias ?? null
      return { AccountAliases: alias === null ? [] : [alias], IsTruncated: false }
    },

    GetAccountSummary: async (_input, { accountId }) => {
      const account = store.account(accountId)
      return {
        SummaryMap: {
          Users: account.user.size,
          UsersQuota: 5000,
          Groups: account.group.size,
          GroupsQuota: 300,
          Roles: account.role.size,
          RolesQuota: 1000,
          Policies: account.policy.size,
          PoliciesQuota: 1500,
          PolicySizeQuota: 6144,
          VersionsPerPolicyQuota: 5,
          InstanceProfiles: account['instance-profile'].size,
          InstanceProfilesQuota: 1000,
          AccessKeysPerUserQuota: 2,
          GroupsPerUserQuota: 10,
          AttachedPoliciesPerUserQuota: 10,
          AttachedPoliciesPerGroupQuota: 10,
          AttachedPoliciesPerRoleQuota: 10,
          AssumeRolePolicySizeQuota: 2048,
          UserPolicySizeQuota: 2048,
          GroupPolicySizeQuota: 5120,
          RolePolicySizeQuota: 10_240,
          AccountMFAEnabled: 0,
          MFADevices: 0,
          MFADevicesInUse: 0,
          Providers: 0,
          ServerCertificates: 0,
        },
      }
    },

    GetAccountAuthorizationDetails: async (input, context) => {
      const account = store.account(context.accountId)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['GetAccountAuthorizationDetails', ...(input.Filter ?? [])],
        items: listed(account).filter(({ kind }) => (input.Filter ?? [kind]).includes(kind)),
        sortKey: ({ kind, entity }) => `${kind} ${entity.arn}`,
        show: (item) => item,
      })
      return {
        UserDetailList: shown.flatMap((item) => (item.kind === 'User' ? [userDetail(account, item.entity)] : [])),
        GroupDetailList: shown.flatMap((item) => (item.kind === 'Group' ? [groupDetail(account, item.entity)] : [])),
        RoleDetailList: shown.flatMap((item) =>
          item.kind === 'Role' ? [roleDetail(account, item.entity, names)] : [],
        ),
        Policies: shown.flatMap((item) =>
          item.kind === 'LocalManagedPolicy' || item.kind === 'AWSManagedPolicy'
            ? [policyDetail(account, item.entity)]
            : [],
        ),
        ...more,
      }
    },

    GetLoginProfile: async ({ UserName: name }, { accountId }) => {
      if (name !== undefined) requireUser(store.account(accountId), name)
      return noLoginProfile(name)
    },
    DeleteLoginProfile: async ({ UserName: name }, { accountId }) => {
      if (name !== undefined) requireUser(store.account(accountId), name)
      return noLoginProfile(name)
    },
    GetAccountPasswordPolicy: async (_input, { accountId }) =>
      missing(`The Password Policy with domain name ${accountId} cannot be found.`),
    ListMFADevices: async () => ({ MFADevices: [], IsTruncated: false }),
    ListVirtualMFADevices: async () => ({ VirtualMFADevices: [], IsTruncated: false }),
    ListSigningCertificates: async () => ({ Certificates: [], IsTruncated: false }),
    ListSSHPublicKeys: async () => ({ SSHPublicKeys: [], IsTruncated: false }),
    ListServiceSpecificCredentials: async () => ({ ServiceSpecificCredentials: [] }),
    ListServerCertificates: async () => ({ ServerCertificateMetadataList: [], IsTruncated: false }),
    ListOpenIDConnectProviders: async () => ({ OpenIDConnectProviderList: [] }),
    ListSAMLProviders: async () => ({ SAMLProviderList: [] }),
  }
}

function noLoginProfile(name: string | undefined): never {
  return missing(`Login Profile for User ${name ?? 'of the caller'} cannot be found.`)
}

function listed(account: Account): Listed[] {
  return [
    ...[...account.user.values()].map((entity): Listed => ({ kind: 'User', entity })),
    ...[...account.group.values()].map((entity): Listed => ({ kind: 'Group', entity })),
    ...[...account.role.values()].map((entity): Listed => ({ kind: 'Role', entity })),
    ...[...account.policy.values()].map((entity): Listed => ({ kind: 'LocalManagedPolicy', entity })),
    // Of AWS's own AWS shows those in use.
    ...[...awsManagedPolicies()]
      .filter(({ arn }) => attachmentsOf(account, arn).length + boundariesOf(account, arn).length > 0)
      .map((entity): Listed => ({ kind: 'AWSManagedPolicy', entity })),
  ]
}

function userDetail(account: Account, user: User) {
  return {
    ...showUser(user),
    GroupList: [...user.groups],
    UserPolicyList: inlineOf(user),
    AttachedManagedPolicies: attached(account, user),
  }
}

function groupDetail(account: Account, group: Group) {
  return { ...showGroup(group), GroupPolicyList: inlineOf(group), AttachedManagedPolicies: attached(account, group) }
}

function roleDetail(account: Account, role: Role, names: PrincipalNames) {
  const profiles = [...account['instance-profile'].values()].filter(({ roleName }) => roleName === role.name)
  return {
    ...showRole(role, names),
    RolePolicyList: inlineOf(role),
    AttachedManagedPolicies: attached(account, role),
    InstanceProfileList: profiles.map((profile) => showProfile(account, profile, names)),
  }
}

function policyDetail(account: Account, policy: ManagedPolicy) {
  return {
    ...showPolicy(account, policy),
    PolicyVersionList: policy.versions.map(({ id, document, createdAt }) => ({
      VersionId: id,
      Document: encodeDocument(document),
      IsDefaultVersion: id === policy.defaultVersionId,
      CreateDate: new Date(createdAt),
    })),
  }
}

function inlineOf({ inline }: User | Group | Role) {
  return Object.entries(inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeDocument(text) }))
}

function attached(account: Account, holder: User | Group | Role) {
  return holder.attached.map((arn) => ({ PolicyName: requirePolicy(account, arn).name, PolicyArn: arn }))
}
