/** Who acts: the subject of an IAM decision. */
export interface Principal {
  readonly type: 'root' | 'user' | 'assumed-role' | 'federated-user' | 'anonymous'
  /** `arn:aws:iam::000000000000:root`, `arn:aws:sts::000000000000:assumed-role/Deploy/session`. */
  readonly arn: string
  /** Unique id: the account id for root, `AIDA…` for a user, `AROA…:session` for an assumed role, '' for an unsigned call. */
  readonly userId: string
  readonly accountId: string
  /** Of an assumed role: the role's own ARN with its path, by which policies name all its sessions. */
  readonly roleArn?: string
}
