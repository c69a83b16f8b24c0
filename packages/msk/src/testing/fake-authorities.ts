/** Private authorities as the tests of mutual TLS hold them in their hand. Certificates are names here: nobody reads them. */
import type { Revocations } from '@millrace/base/host'
import type { AuthorityReading, AuthoritySource } from '../mutual-tls/authority-source.ts'

export class FakeAuthorities implements AuthoritySource {
  readonly #authorities = new Map<string, AuthorityReading>()
  readonly #listeners = new Set<(arn: string) => void>()
  #revocations: readonly Revocations[] = []

  /** Creates or changes one; tells of it. */
  put(name: string, change: Partial<AuthorityReading> = {}): string {
    const arn = authorityArn(name)
    this.#authorities.set(arn, { arn, status: 'ACTIVE', certificatePem: `certificate of ${name}`, ...change })
    this.#tell(arn)
    return arn
  }

  delete(name: string): void {
    this.#authorities.delete(authorityArn(name))
    this.#tell(authorityArn(name))
  }

  revoke(name: string, serials: readonly string[]): void {
    this.#revocations = [...this.#revocations, { issuerPem: `certificate of ${name}`, serials }]
    this.#tell(authorityArn(name))
  }

  readAuthority(arn: string): Promise<AuthorityReading | null> {
    return Promise.resolve(this.#authorities.get(arn) ?? null)
  }

  revocations(): Promise<readonly Revocations[]> {
    return Promise.resolve(this.#revocations)
  }

  subscribe(listener: (arn: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(arn: string): void {
    for (const listener of this.#listeners) listener(arn)
  }
}

export function authorityArn(name: string): string {
  return `arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/${name}`
}
