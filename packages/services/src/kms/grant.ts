/** A grant as it is stored: whom a key's owner let use it, without the key policy. */
export interface Grant {
  /** 64 hex digits. */
  readonly grantId: string
  readonly keyId: string
  readonly keyArn: string
  readonly accountId: string
  readonly region: string
  readonly createdAt: string
  readonly token: string
  readonly name: string | null
  readonly granteePrincipal: string | null
  readonly granteeServicePrincipal: string | null
  readonly retiringPrincipal: string | null
  readonly retiringServicePrincipal: string | null
  readonly operations: readonly string[]
  /** As it came. */
  readonly constraints: Readonly<Record<string, unknown>> | null
}
