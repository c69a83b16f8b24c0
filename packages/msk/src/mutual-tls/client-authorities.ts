/**
 * The private authorities whose certificates a cluster's clients may show. Looked up when the cluster is made or changed: what
 * is named then must be there and have a certificate, and is kept, since brokers go on trusting an authority that is disabled
 * or deleted later, as on MSK, where nobody asks for revocations either.
 */
import { parseArn } from '@millrace/aws/arn'
import { badRequest } from '@millrace/aws/errors'
import type { Scope } from '../arns.ts'
import type { ClientAuthentication } from '../sdk-types.ts'
import type { AuthoritySource } from './authority-source.ts'

/** One that was looked up. */
export interface ClientAuthority {
  readonly arn: string
  readonly certificatePem: string
}

/** `Enabled` may be left out where authorities are named: the first form of the API knew nothing else. */
export function servesMutualTls(authentication: ClientAuthentication | undefined): boolean {
  const tls = authentication?.Tls
  return tls?.Enabled ?? (tls?.CertificateAuthorityArnList ?? []).length > 0
}

/** As it is shown from now on: whether mutual TLS is on is said. */
export function withTlsSaid(authentication: ClientAuthentication): ClientAuthentication {
  const { Tls } = authentication
  return Tls === undefined
    ? authentication
    : { ...authentication, Tls: { ...Tls, Enabled: servesMutualTls(authentication) } }
}

/**
 * @param member where the list is in the request
 * @throws BadRequestException for what is no authority of this account and region, or has no certificate that counts
 */
export async function clientAuthorities(
  source: AuthoritySource,
  scope: Scope,
  authentication: ClientAuthentication | undefined,
  member: string,
): Promise<readonly ClientAuthority[]> {
  if (!servesMutualTls(authentication)) return []
  const arns = [...new Set(authentication?.Tls?.CertificateAuthorityArnList ?? [])]
  return Promise.all(arns.map((arn) => clientAuthority(source, scope, arn, member)))
}

async function clientAuthority(
  source: AuthoritySource,
  scope: Scope,
  arn: string,
  member: string,
): Promise<ClientAuthority> {
  const refused = (why: string): Error => badRequest({ message: why, invalidParameter: member })
  const parsed = parseArn(arn)
  if (parsed?.service !== 'acm-pca' || !parsed.resource.startsWith('certificate-authority/'))
    throw refused(`${arn} is no ARN of a private certificate authority (arn:aws:acm-pca:…:certificate-authority/…).`)
  if (parsed.region !== scope.region)
    throw refused(`The authority ${arn} is in ${parsed.region}; it must be in the cluster's region, ${scope.region}.`)
  const reading = await source.readAuthority(arn, scope)
  if (reading === null) throw refused(`The private certificate authority ${arn} does not exist in this account.`)
  const { status, certificatePem } = reading
  if (status !== 'ACTIVE' || certificatePem === null) {
    const remedy =
      status === 'PENDING_CERTIFICATE'
        ? ' Import its certificate (acm-pca import-certificate-authority-certificate).'
        : ''
    throw refused(`The private certificate authority ${arn} is ${status}; it must be ACTIVE.${remedy}`)
  }
  return { arn, certificatePem }
}
