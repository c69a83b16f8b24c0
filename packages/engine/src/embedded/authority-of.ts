/** The last certificate of a chain: that of the authority whom the nodes of a cluster trust. */
export function authorityOf(chainPem: string): string {
  return chainPem.slice(chainPem.lastIndexOf('-----BEGIN CERTIFICATE-----'))
}
