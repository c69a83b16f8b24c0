/** A long-term key of a user. In memory with its secret; at rest the secret is sealed. */
export interface AccessKey {
  /** The access key id, `AKIA…`. */
  readonly name: string
  readonly userName: string
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: string
  readonly secret: string
  readonly lastUsed: { readonly at: string; readonly service: string; readonly region: string } | null
}
