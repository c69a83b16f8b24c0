/**
 * The policies that go with a principal, in the sets that IAM keeps apart. Plain data: it is pushed to brokers as it is.
 * Source: "Policy types" of the IAM user guide.
 */
import type { PolicyDocument } from './policy-document.ts'

export interface NamedPolicy {
  /** For explanations: an ARN, or the name of an inline policy. */
  readonly name: string
  readonly document: PolicyDocument
}

export interface PrincipalPolicies {
  /** Attached to the user, its groups, or the role. */
  readonly identity: readonly NamedPolicy[]
  /** The permissions boundary; null: none, nothing is cut off. */
  readonly boundary: NamedPolicy | null
  /** Passed when the session was made; null: none were, nothing is cut off. Empty: a federated user without any, who may nothing by identity. */
  readonly session: readonly NamedPolicy[] | null
}

/** Root's: it needs none. */
export const noPolicies: PrincipalPolicies = { identity: [], boundary: null, session: null }

/** What the resource itself says. */
export interface ResourcePolicies {
  /** Whose resource it is, twelve digits. */
  readonly accountId: string
  readonly policies: readonly NamedPolicy[]
  /** True: nobody gets in without the resource's own consent, not even its account's root (KMS keys, trust policies of roles). */
  readonly mustAllow: boolean
}

/** All that takes part in one decision. */
export interface PolicySets extends PrincipalPolicies {
  /** Null: the resource belongs to the principal's account and has no policy. */
  readonly resource: ResourcePolicies | null
}
