/**
 * Keeps web pages out. A page in a browser on this machine can reach a server on loopback, and with a DNS name that it
 * turns to 127.0.0.1 (rebinding) it even counts as the same origin. So a request that a page of another origin sent, or
 * that came by a name which somebody else may own, is refused. Clients that are no browsers send neither Origin nor
 * Sec-Fetch-Site and reach the server by address or by one of the names below.
 */
import { isIP } from 'node:net'

export interface HostGuardOptions {
  /** Further names by which the server may be reached. */
  readonly hosts?: readonly string[]
  /** Origins of pages served elsewhere that may call, e.g. a console in development. */
  readonly origins?: readonly string[]
}

export class HostGuard {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  constructor(options: HostGuardOptions) {
    this.#hosts = new Set((options.hosts ?? []).map((host) => host.toLowerCase()))
    this.#origins = new Set(options.origins)
  }

  /** Null: may pass. Otherwise why not. `host` and the others are header values; '' if absent. */
  refusal(headers: { readonly host: string; readonly origin: string; readonly fetchSite: string }): string | null {
    const { host, origin, fetchSite } = headers
    if (!this.#known(hostName(host)))
      return `requests by the host name ${hostName(host)} are refused; use an address or localhost, or allow the name`
    if (this.#origins.has(origin)) return null
    if (origin !== '' && origin !== `http://${host}` && origin !== `https://${host}`)
      return `requests of web pages from ${origin} are refused`
    if (fetchSite === 'cross-site' || fetchSite === 'same-site')
      return 'requests of web pages of another origin are refused'
    return null
  }

  /** Addresses, names of this machine, and names without a dot (containers, machines of the local network): nobody can buy those. */
  #known(name: string): boolean {
    return (
      isIP(name) !== 0 ||
      !name.includes('.') ||
      name.endsWith('.localhost') ||
      name.endsWith('.internal') ||
      this.#hosts.has(name)
    )
  }
}

/** The name in a Host header: without port and IPv6 brackets, lower-case. */
export function hostName(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
}
