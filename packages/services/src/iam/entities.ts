/**
 * What IAM keeps of an account. Records are never changed, only replaced. Times are ISO-8601 text; policies the JSON text
 * as it was given. Names are unique without regard to case, which they keep.
 */
import type { AccessKey } from './access-key.ts'

export type Tags = Readonly<Record<string, string>>

interface Entity {
  /** `/` or `/division/team/`. */
  readonly path: string
  readonly name: string
  /** `AIDA…`; a thing of the same name made later has another. */
  readonly id: string
  readonly arn: string
  readonly createdAt: string
}

interface PolicyHolder extends Entity {
  /** Policy text by name. */
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of managed policies, in the order attached. */
  readonly attached: readonly string[]
}

export interface User extends PolicyHolder {
  readonly tags: Tags
  /** ARN of the managed policy that is the permissions boundary. */
  readonly boundary: string | null
  /** Names of its groups. */
  readonly groups: readonly string[]
}

export type Group = PolicyHolder

export interface Role extends PolicyHolder {
  readonly tags: Tags
  readonly boundary: string | null
  readonly description: string | null
  /** The trust policy: who may assume the role. */
  readonly trust: string
  readonly maxSessionSeconds: number
  /** When and where it was last assumed or used. */
  readonly lastUsed: { readonly at: string; readonly region: string } | null
  /** The service that owns the role (`kafka.amazonaws.com`); null: the account's own. */
  readonly linkedService: string | null
}

export interface PolicyVersion {
  /** `v1`. */
  readonly id: string
  readonly document: string
  readonly createdAt: string
}

export interface ManagedPolicy extends Entity {
  readonly description: string | null
  readonly tags: Tags
  readonly updatedAt: string
  /** At most five, oldest first. */
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersionId: string
  /** Numbers are not used again. */
  readonly lastVersion: number
}

export interface InstanceProfile extends Entity {
  readonly tags: Tags
  readonly roleName: string | null
}

/** What is the account's own. */
export interface AccountSettings {
  readonly name: 'settings'
  readonly alias: string | null
}

export interface EntityKinds {
  readonly user: User
  readonly group: Group
  readonly role: Role
  readonly policy: ManagedPolicy
  readonly 'instance-profile': InstanceProfile
  readonly 'access-key': AccessKey
  readonly settings: AccountSettings
}

export type EntityKind = keyof EntityKinds

/** An account as it is now. Maps are by name in lower case; access keys by their id. */
export interface Account {
  readonly accountId: string
  readonly user: ReadonlyMap<string, User>
  readonly group: ReadonlyMap<string, Group>
  readonly role: ReadonlyMap<string, Role>
  readonly policy: ReadonlyMap<string, ManagedPolicy>
  readonly 'instance-profile': ReadonlyMap<string, InstanceProfile>
  readonly 'access-key': ReadonlyMap<string, AccessKey>
  readonly settings: ReadonlyMap<string, AccountSettings>
}
