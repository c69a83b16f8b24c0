/** Authorities and the certificates they issued, in the services' database. Decides nothing. */
import type { Scope } from '../scope.ts'
import type { Database } from '../store/database.ts'
import type { Authority } from './authority.ts'

export interface IssuedCertificate {
  readonly arn: string
  readonly authorityArn: string
  /** 32 hex digits. */
  readonly serial: string
  readonly certificatePem: string
  /** The authority's own certificate and what stands above it, when it was issued; null: it signs itself. */
  readonly chainPem: string | null
  readonly issuedAt: string
  readonly revocation: { readonly at: string; readonly reason: string } | null
  readonly idempotencyToken: string | null
}

export class AuthorityStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async insert(authority: Authority): Promise<void> {
    const { arn, accountId, region, deletion } = authority
    await this.#db
      .insertInto('pca_authorities')
      .values({
        arn,
        account_id: accountId,
        region,
        delete_after: deletion?.at ?? null,
        document: JSON.stringify(authority),
      })
      .execute()
  }

  async authority(scope: Scope, arn: string): Promise<Authority | null> {
    return (await this.authorities(scope)).find((authority) => authority.arn === arn) ?? null
  }

  /** By ARN. */
  async authorities({ accountId, region }: Scope): Promise<Authority[]> {
    const rows = await this.#db
      .selectFrom('pca_authorities')
      .select('document')
      .where('account_id', '=', accountId)
      .where('region', '=', region)
      .orderBy('arn')
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as Authority)
  }

  async update(authority: Authority): Promise<void> {
    await this.#db
      .updateTable('pca_authorities')
      .set({ delete_after: authority.deletion?.at ?? null, document: JSON.stringify(authority) })
      .where('arn', '=', authority.arn)
      .execute()
  }

  /** Removes the authorities, of every account and region, that can no longer be restored, with what they issued. Returns them. */
  async removeExpired(now: Date): Promise<Authority[]> {
    const rows = await this.#db
      .selectFrom('pca_authorities')
      .select(['arn', 'document'])
      .where('delete_after', '<=', now.toISOString())
      .execute()
    if (rows.length === 0) return []
    const arns = rows.map(({ arn }) => arn)
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('pca_certificates').where('authority_arn', 'in', arns).execute()
      await transaction.deleteFrom('pca_authorities').where('arn', 'in', arns).execute()
    })
    return rows.map(({ document }) => JSON.parse(document) as Authority)
  }

  async insertCertificate(certificate: IssuedCertificate): Promise<void> {
    const { arn, authorityArn, issuedAt, revocation, idempotencyToken } = certificate
    await this.#db
      .insertInto('pca_certificates')
      .values({
        arn,
        authority_arn: authorityArn,
        issued_at: issuedAt,
        revoked: revocation === null ? 0 : 1,
        idempotency_token: idempotencyToken,
        document: JSON.stringify(certificate),
      })
      .execute()
  }

  async certificate(arn: string): Promise<IssuedCertificate | null> {
    const row = await this.#db
      .selectFrom('pca_certificates')
      .select('document')
      .where('arn', '=', arn)
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as IssuedCertificate)
  }

  /** What was issued for the same token since `since`. */
  async certificateByToken(authorityArn: string, token: string, since: Date): Promise<IssuedCertificate | null> {
    const row = await this.#db
      .selectFrom('pca_certificates')
      .select('document')
      .where('authority_arn', '=', authorityArn)
      .where('idempotency_token', '=', token)
      .where('issued_at', '>=', since.toISOString())
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as IssuedCertificate)
  }

  async revokeCertificate(certificate: IssuedCertificate): Promise<void> {
    await this.#db
      .updateTable('pca_certificates')
      .set({ revoked: 1, document: JSON.stringify(certificate) })
      .where('arn', '=', certificate.arn)
      .execute()
  }

  async revoked(authorityArn: string): Promise<IssuedCertificate[]> {
    const rows = await this.#db
      .selectFrom('pca_certificates')
      .select('document')
      .where('authority_arn', '=', authorityArn)
      .where('revoked', '=', 1)
      .orderBy('arn')
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as IssuedCertificate)
  }
}
