/**
 * The certificates that brokers show to TLS clients: one per cluster, as on MSK, signed by this machine's own authority and
 * good for every name and address by which the brokers are reached. The certificate itself is the record of what it is good
 * for: it is looked at, and issued again when it lacks a name or ends soon.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { TlsServerOptions } from '@millrace/base/host'
import { issueServerCertificate } from '@millrace/pki/authority'
import { ensureAuthority } from '@millrace/pki/authority-files'
import { namesOfThisMachine } from '@millrace/pki/names-of-this-machine'
import { type ClusterId, EngineError } from '../engine.ts'

export interface BrokerCertificatesOptions {
  readonly authorityDirectory: string
  readonly listenHost: string
  readonly now: () => number
}

const DAY_MS = 86_400_000
/** As ACM's certificates. */
const VALIDITY_MS = 395 * DAY_MS
const RENEWED_BEFORE_END_MS = 60 * DAY_MS
/** A name is added for each host that the API was reached by; nobody has so many. */
const NAMES_MAX = 100
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.?$/i

/** Where the authority of a control plane lives. */
export function authorityDirectory(root: string): string {
  return join(root, 'ca')
}

export class BrokerCertificates {
  readonly #options: BrokerCertificatesOptions

  constructor(options: BrokerCertificatesOptions) {
    this.#options = options
  }

  /** `known` itself while it will do for its own names and `names`, a new one for all of them otherwise. */
  async current(
    cluster: ClusterId,
    known: TlsServerOptions | null,
    names: readonly string[],
  ): Promise<TlsServerOptions> {
    const nowMs = this.#options.now()
    const certificate = known === null ? null : new X509Certificate(known.certificatePem)
    const wanted = [...new Set([...namesOfThisMachine(this.#options.listenHost), ...names])].filter(isName)
    const missing = certificate === null ? wanted : wanted.filter((name) => !isFor(certificate, name))
    const endsMs = certificate === null ? 0 : Date.parse(certificate.validTo)
    if (known !== null && missing.length === 0 && endsMs - nowMs > RENEWED_BEFORE_END_MS) return known
    const all = [...new Set([...(certificate === null ? [] : namesOf(certificate)), ...wanted])]
    if (all.length > NAMES_MAX) throw new EngineError(`a certificate for more than ${NAMES_MAX} names is not issued`)
    const authority = await ensureAuthority(this.#options.authorityDirectory, nowMs)
    return issueServerCertificate(authority, {
      commonName: `brokers of ${cluster}`.slice(0, 64),
      names: all,
      nowMs,
      validityMs: VALIDITY_MS,
    })
  }
}

function isName(name: string): boolean {
  return isIP(name) !== 0 || HOST_NAME.test(name)
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
}

/** `DNS:localhost, IP Address:127.0.0.1` */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.slice(entry.indexOf(':') + 1))
    .filter((name) => name !== '')
}
