/** The part of a cluster's security snapshot that says whose certificates its clients may show. */
import type { ClientTrust } from '@millrace/base/host'
import type { SecuritySource } from '../security/security-sync.ts'
import type { Cluster } from '../store/records.ts'
import type { AuthoritySource } from './authority-source.ts'
import { servesMutualTls } from './client-authorities.ts'

/** @param revocation certificates that their authorities have revoked are refused, which MSK does not do */
export function clientTrustSource(authorities: AuthoritySource, revocation: boolean): SecuritySource {
  return {
    contentOf: async (cluster) => ({ clientTrust: await clientTrust(authorities, revocation, cluster) }),
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
