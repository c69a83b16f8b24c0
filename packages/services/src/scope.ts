/** Where a resource lives: state is kept per account and region. A CallContext is a scope. */
export interface Scope {
  /** Twelve digits. */
  readonly accountId: string
  readonly region: string
}
