/** What users, groups and roles have in common: inline policies, attached policies, a boundary. Functions from a holder to the changed one. */
import { AwsError } from '@millrace/aws/errors'
import type { Account, Group, Role, User } from './entities.ts'
import type { PolicyDocuments } from './policy-documents.ts'
import { managedPolicy } from './effective-policies.ts'
import { missing, requireWithin } from './require.ts'
import { withoutSpace } from './trust-policy.ts'

export type HolderKind = 'user' | 'group' | 'role'

/** Of all inline policies together, in characters without white space. */
const inlineCharactersMax: Readonly<Record<HolderKind, number>> = { user: 2048, group: 5120, role: 10_240 }
const ATTACHED_MAX = 10
const quotaNames: Readonly<Record<HolderKind, string>> = {
  user: 'PoliciesPerUser',
  group: 'PoliciesPerGroup',
  role: 'PoliciesPerRole',
}

interface InlinePolicy {
  readonly PolicyName: string
  readonly PolicyDocument: string
}

export function withInline<Holder extends User | Group | Role>(
  holder: Holder,
  kind: HolderKind,
  documents: PolicyDocuments,
  { PolicyName, PolicyDocument }: InlinePolicy,
): Holder {
  documents.parse(PolicyDocument, 'identity')
  const inline = { ...holder.inline, [PolicyName]: PolicyDocument }
  const characters = Object.values(inline).reduce((sum, text) => sum + withoutSpace(text).length, 0)
  if (characters > inlineCharactersMax[kind]) {
    throw new AwsError('LimitExceededException', {
      message: `Maximum policy size of ${inlineCharactersMax[kind]} bytes exceeded for ${kind} ${holder.name}`,
    })
  }
  return { ...holder, inline }
}

export function withoutInline<Holder extends User | Group | Role>(
  holder: Holder,
  kind: HolderKind,
  name: string,
): Holder {
  requireInline(holder, kind, name)
  return { ...holder, inline: Object.fromEntries(Object.entries(holder.inline).filter(([kept]) => kept !== name)) }
}

export function requireInline(holder: User | Group | Role, kind: HolderKind, name: string): string {
  return Object.hasOwn(holder.inline, name)
    ? (holder.inline[name] ?? '')
    : missing(`The ${kind} policy with name ${name} cannot be found.`)
}

/** Attached already: nothing changes. */
export function withAttached<Holder extends User | Group | Role>(
  holder: Holder,
  kind: HolderKind,
  account: Account,
  arn: string,
): Holder {
  if (managedPolicy(account, arn) === null) missing(`Policy ${arn} does not exist or is not attachable.`)
  if (holder.attached.includes(arn)) return holder
  requireWithin(quotaNames[kind], holder.attached.length + 1, ATTACHED_MAX)
  return { ...holder, attached: [...holder.attached, arn] }
}

export function withoutAttached<Holder extends User | Group | Role>(holder: Holder, arn: string): Holder {
  if (!holder.attached.includes(arn)) missing(`Policy ${arn} was not found.`)
  return { ...holder, attached: holder.attached.filter((kept) => kept !== arn) }
}

export function withBoundary<Holder extends User | Role>(holder: Holder, account: Account, arn: string): Holder {
  if (managedPolicy(account, arn) === null) missing(`Policy ${arn} does not exist or is not attachable.`)
  return { ...holder, boundary: arn }
}
