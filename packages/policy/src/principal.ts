/** Who acts: the subject of an IAM decision. */
export interface Principal {
  readonly type: 'root' | 'user' | 'assumed-role' | 'anonymous'
  /** `arn:aws:iam::000000000000:root`. */
  readonly arn: string
  /** Unique id: the account id for root, `AIDA…` for a user, '' for an unsigned call. */
  readonly userId: string
  readonly accountId: string
}
