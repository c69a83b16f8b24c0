/**
 * The hosts for which a client may have signed. With AWS_MSK_IAM that is the broker as the client calls it: Java signs the
 * reverse lookup of the address that it connected to, others the name they were given. With OAUTHBEARER it is the regional
 * host of the service, of any AWS partition.
 */
import { X509Certificate } from 'node:crypto'
import { canonicalHost } from '@millrace/policy/acl/canonical-host'

/** Domains of AWS's partitions. */
const AWS_SUFFIXES: readonly string[] = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.aws',
  'api.amazonwebservices.com.cn',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
]

export class ClusterHosts {
  #certificatePem = ''
  #certificateNames: readonly string[] = []
  #names = new Set<string>()
  readonly #advertised: readonly string[]
  #reverseNames: readonly string[] = []

  /** @param advertised names under which listeners are registered; `*` is none */
  constructor(advertised: readonly string[]) {
    this.#advertised = advertised.filter((name) => name !== '*')
    this.#gather()
  }

  /** The certificate that is shown from now on; its names are names of this cluster. */
  certificate(pem: string): void {
    if (pem === this.#certificatePem) return
    this.#certificatePem = pem
    this.#certificateNames = (new X509Certificate(pem).subjectAltName ?? '')
      .split(', ')
      .map((entry) => entry.slice(entry.indexOf(':') + 1))
    this.#gather()
  }

  reverseNames(names: readonly string[]): void {
    this.#reverseNames = names
    this.#gather()
  }

  /** Null when `host` is this cluster, else what would be, in words. @param localAddress by which the client came */
  faultOf(host: string, localAddress: string): string | null {
    const name = normalized(host)
    if (this.#names.has(name) || name === normalized(localAddress)) return null
    return [...new Set([...this.#names, normalized(localAddress)])].join(', ')
  }

  #gather(): void {
    const all = ['localhost', ...this.#advertised, ...this.#certificateNames, ...this.#reverseNames]
    this.#names = new Set(all.filter((name) => name !== '').map(normalized))
  }
}

/** As faultOf, of the host that OAUTHBEARER signs. */
export function regionalHostFault(host: string, region: string): string | null {
  const name = host.toLowerCase()
  if (AWS_SUFFIXES.some((suffix) => name === `kafka.${region}.${suffix}`)) return null
  return `kafka.${region}.amazonaws.com`
}

/** Names without regard to case and the root's dot; addresses in one form. */
function normalized(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return canonicalHost(bare.toLowerCase().replace(/\.$/, ''))
}
