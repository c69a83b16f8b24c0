/**
 * IAM policy documents, parsed. One form for what JSON may write in several: single values become lists, principals
 * become patterns. Source: "IAM JSON policy reference" of the IAM user guide.
 */
export interface PolicyDocument {
  /** `2012-10-17`; older documents know no policy variables. */
  readonly version: '2012-10-17' | '2008-10-17'
  readonly id: string | null
  readonly statements: readonly Statement[]
}

export interface Statement {
  /** Null: none given. */
  readonly sid: string | null
  readonly effect: 'Allow' | 'Deny'
  /** Null in identity-based policies. */
  readonly principals: MatchList | null
  readonly actions: MatchList
  readonly resources: MatchList
  readonly conditions: readonly Condition[]
}

/** Patterns with `*` and `?`; negated: the statement is about everything else (NotAction, NotResource, NotPrincipal). */
export interface MatchList {
  readonly negated: boolean
  readonly patterns: readonly string[]
}

export interface Condition {
  /** `StringEquals`, `IpAddressIfExists`, `ForAnyValue:StringLike` … as written. */
  readonly operator: string
  /** `aws:SourceIp`; keys are compared without regard to case. */
  readonly key: string
  readonly values: readonly string[]
}
