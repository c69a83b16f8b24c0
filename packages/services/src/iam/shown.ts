/** Entities as the API shows them. */
import type { Output } from '@millrace/aws/operation-types'
import { shownPolicy, type PrincipalNames } from '@millrace/policy/principal-names'
import type { AccessKey } from './access-key.ts'
import type { Account, Group, InstanceProfile, ManagedPolicy, Role, User } from './entities.ts'
import { tagsMember } from './tags.ts'

export type ShownUser = NonNullable<Output<'iam', 'GetUser'>['User']>
export type ShownGroup = NonNullable<Output<'iam', 'GetGroup'>['Group']>
export type ShownRole = NonNullable<Output<'iam', 'GetRole'>['Role']>
export type ShownPolicy = NonNullable<Output<'iam', 'GetPolicy'>['Policy']>
export type ShownProfile = NonNullable<Output<'iam', 'GetInstanceProfile'>['InstanceProfile']>

export function showUser(user: User): ShownUser {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    ...boundaryMember(user.boundary),
    ...tagsMember(user.tags),
  }
}

export function showKey(key: AccessKey): {
  UserName: string
  AccessKeyId: string
  Status: 'Active' | 'Inactive'
  CreateDate: Date
} {
  return { UserName: key.userName, AccessKeyId: key.name, Status: key.status, CreateDate: new Date(key.createdAt) }
}

export function showGroup(group: Group): ShownGroup {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: group.arn,
    CreateDate: new Date(group.createdAt),
  }
}

/** In lists AWS leaves out tags, boundary and last use; they are here too, which does no harm. */
export function showRole(role: Role, names: PrincipalNames): ShownRole {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(shownPolicy(role.trust, names)),
    ...(role.description === null ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
    ...boundaryMember(role.boundary),
    ...tagsMember(role.tags),
    RoleLastUsed:
      role.lastUsed === null ? {} : { LastUsedDate: new Date(role.lastUsed.at), Region: role.lastUsed.region },
  }
}

export function showPolicy(account: Account, policy: ManagedPolicy): ShownPolicy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentsOf(account, policy.arn).length,
    PermissionsBoundaryUsageCount: boundariesOf(account, policy.arn).length,
    IsAttachable: true,
    ...(policy.description === null ? {} : { Description: policy.description }),
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...tagsMember(policy.tags),
  }
}

export function showProfile(account: Account, profile: InstanceProfile, names: PrincipalNames): ShownProfile {
  const role = profile.roleName === null ? undefined : account.role.get(profile.roleName.toLowerCase())
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [showRole(role, names)],
    ...tagsMember(profile.tags),
  }
}

/** Users, groups and roles that have the managed policy attached. */
export function attachmentsOf(account: Account, policyArn: string): readonly (User | Group | Role)[] {
  return [...account.user.values(), ...account.group.values(), ...account.role.values()].filter(({ attached }) =>
    attached.includes(policyArn),
  )
}

/** Users and roles whose permissions boundary it is. */
export function boundariesOf(account: Account, policyArn: string): readonly (User | Role)[] {
  return [...account.user.values(), ...account.role.values()].filter(({ boundary }) => boundary === policyArn)
}

/** IAM answers policy documents percent-encoded (RFC 3986). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function boundaryMember(arn: string | null): {
  PermissionsBoundary?: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy'; PermissionsBoundaryArn: string }
} {
  if (arn === null) return {}
  return { PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: arn } }
}
