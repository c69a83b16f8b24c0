import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { InstanceProfile } from './entities.ts'
import { listPage, nameKey, underPath } from './lists.ts'
import { exists, inTheWay, missing, requireInstanceProfile, requireRole, requireWithin } from './require.ts'
import { showProfile } from './shown.ts'
import { tagList, withoutTags, withTags } from './tags.ts'
import { uniqueId } from './unique-id.ts'

const PROFILES_MAX = 1000

export function instanceProfileOperations({ store, names, pages, clock }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const { InstanceProfileName: name, Path: path = '/' } = input
        if (account['instance-profile'].has(name.toLowerCase())) exists(`Instance Profile ${name} already exists.`)
        requireWithin('InstanceProfilesPerAccount', account['instance-profile'].size + 1, PROFILES_MAX)
        const profile: InstanceProfile = {
          path,
          name,
          id: uniqueId('AIPA'),
          arn: `arn:aws:iam::${accountId}:instance-profile${path}${name}`,
          createdAt: clock().toISOString(),
          tags: withTags({}, input.Tags),
          roleName: null,
        }
        return {
          writes: [{ put: 'instance-profile', entity: profile }],
          answer: { InstanceProfile: showProfile(account, profile, names) },
        }
      }),

    GetInstanceProfile: async (input, { accountId }) => {
      const account = store.account(accountId)
      return {
        InstanceProfile: showProfile(account, requireInstanceProfile(account, input.InstanceProfileName), names),
      }
    },

    ListInstanceProfiles: async (input, context) => {
      const account = store.account(context.accountId)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListInstanceProfiles', input.PathPrefix ?? ''],
        items: [...account['instance-profile'].values()].filter(underPath(input.PathPrefix)),
        sortKey: nameKey,
        show: (profile) => showProfile(account, profile, names),
      })
      return { InstanceProfiles: shown, ...more }
    },

    ListInstanceProfilesForRole: async (input, context) => {
      const account = store.account(context.accountId)
      const role = requireRole(account, input.RoleName)
      const { shown, more } = listPage({
        pages,
        request: input,
        context,
        of: ['ListInstanceProfilesForRole', role.name],
        items: [...account['instance-profile'].values()].filter(({ roleName }) => roleName === role.name),
        sortKey: nameKey,
        show: (profile) => showProfile(account, profile, names),
      })
      return { InstanceProfiles: shown, ...more }
    },

    AddRoleToInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const profile = requireInstanceProfile(account, input.InstanceProfileName)
        const role = requireRole(account, input.RoleName)
        requireWithin('InstanceSessionsPerInstanceProfile', profile.roleName === null ? 1 : 2, 1)
        return { writes: [{ put: 'instance-profile', entity: { ...profile, roleName: role.name } }], answer: {} }
      }),

    RemoveRoleFromInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const profile = requireInstanceProfile(account, input.InstanceProfileName)
        const role = requireRole(account, input.RoleName)
        if (profile.roleName !== role.name)
          missing(`Role ${role.name} in Instance Profile ${profile.name} cannot be found.`)
        return { writes: [{ put: 'instance-profile', entity: { ...profile, roleName: null } }], answer: {} }
      }),

    DeleteInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const profile = requireInstanceProfile(account, input.InstanceProfileName)
        if (profile.roleName !== null) inTheWay('Cannot delete entity, must remove roles from instance profile first.')
        return { writes: [{ remove: 'instance-profile', name: profile.name }], answer: {} }
      }),

    TagInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const profile = requireInstanceProfile(account, input.InstanceProfileName)
        const tags = withTags(profile.tags, input.Tags)
        return { writes: [{ put: 'instance-profile', entity: { ...profile, tags } }], answer: {} }
      }),

    UntagInstanceProfile: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const profile = requireInstanceProfile(account, input.InstanceProfileName)
        const tags = withoutTags(profile.tags, input.TagKeys)
        return { writes: [{ put: 'instance-profile', entity: { ...profile, tags } }], answer: {} }
      }),

    ListInstanceProfileTags: async (input, { accountId }) => ({
      Tags: tagList(requireInstanceProfile(store.account(accountId), input.InstanceProfileName).tags),
      IsTruncated: false,
    }),
  }
}
