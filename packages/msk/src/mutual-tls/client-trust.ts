/** The part of a cluster's security snapshot that says whose certificates its clients may show. */
import type { ClientTrust } from '@millrace/base/host'
import type { SecuritySource } from '../security/security-sync.ts'
import type { Cluster } from '../store/records.ts'
import type { AuthoritySource } from './authority-source.ts'
import { servesMutualTls } from './client-authorities.ts'

/** What MSK does not do. */
export interface MutualTlsExtras {
  /** Certificates that their authorities have revoked are refused. */
  readonly revocation: boolean
  /** Principals are made of subjects by these rules (`ssl.principal.mapping.rules`); null: they are the whole subject. */
  readonly principalMapping: string | null
}

export function clientTrustSource(authorities: AuthoritySource, extras: MutualTlsExtras): SecuritySource {
  return {
    contentOf: async (cluster) => ({
      clientTrust: await clientTrust(authorities, extras.revocation, cluster),
      principalMapping: extras.principalMapping,
    }),
    subscribe: (listener) => authorities.subscribe(() => listener()),
  }
}

async function clientTrust(
  source: AuthoritySource,
  revocation: boolean,
  cluster: Cluster,
): Promise<ClientTrust | null> {
  const { ClientAuthentication, ClientAuthorities = [] } = cluster.desired
  if (!servesMutualTls(ClientAuthentication)) return null
  const certificates = await Promise.all(
    ClientAuthorities.map(async ({ arn, certificatePem }) => {
      // The newest there is: an authority whose certificate was renewed is trusted by the new one.
      const reading = await source.readAuthority(arn, cluster)
      return reading?.certificatePem ?? certificatePem
    }),
  )
  return { authoritiesPem: certificates, revocations: revocation ? await source.revocations(cluster) : [] }
}
