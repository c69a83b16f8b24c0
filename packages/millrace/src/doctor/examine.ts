/**
 * Tries an address as a client would and says what is wrong: name, TCP, which protocol speaks there, certificate, login,
 * versions, metadata, and every address that brokers tell clients of. Works with any Kafka, ours or not.
 *
 * The protocol is found by asking: ApiVersions is understood by every broker before any login. What answers it without
 * TLS speaks plaintext; what answers with a TLS alert, or hangs up, is asked again over TLS.
 */
import type { Socket } from 'node:net'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import type { Expectation, Finding, Trouble } from './finding.ts'
import { KafkaExchange, NoAnswer } from './kafka-exchange.ts'
import { knownMechanism, logIn, logInByIam, offeredMechanisms } from './log-in.ts'
import { openTcp, openTls, resolveName, type Address, type ShownCertificate, type TlsTrust } from './open-address.ts'
import { IAM_MECHANISMS, isIamMechanism } from './signed-connect.ts'

export interface ExamineOptions {
  readonly address: Address
  readonly expected: Expectation
  readonly trust: TlsTrust
  readonly timeoutMs: number
}

export interface Examination {
  readonly findings: readonly Finding[]
  /** What the brokers tell clients of; empty when it did not come so far. */
  readonly advertised: readonly (Address & { readonly nodeId: number })[]
}

/** Ends at the first step that fails for good. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const patient = new Patient(options)
  try {
    return { advertised: await patient.examine(), findings: patient.findings }
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    return { advertised: [], findings: patient.findings }
  }
}

/** How OpenSSL says that the server turned away who shows no certificate, or a bad one. */
const CERTIFICATE_REFUSED =
  /certificate[ _](required|expired|revoked|unknown)|(bad|unsupported)[ _]certificate|unknown[ _]ca|handshake[ _]failure/i

/** A finding that says why there is no going on. */
class Ended extends Error {}

class Patient {
  readonly findings: Finding[] = []
  readonly #options: ExamineOptions
  #secure = false

  constructor(options: ExamineOptions) {
    this.#options = options
  }

  async examine(): Promise<readonly (Address & { readonly nodeId: number })[]> {
    await this.#reach()
    const apis = await this.#findProtocol()
    this.#found('versions', `It serves ${apis.length} APIs${spanOf(apis)}.`)
    const offered = await this.#offered()
    const exchange = offered.length > 0 ? await this.#logIn(offered) : await this.#withoutLogin()
    try {
      return await this.#metadata(exchange)
    } finally {
      exchange.close()
    }
  }

  async #reach(): Promise<void> {
    const { address } = this.#options
    let addresses: string[]
    try {
      addresses = await resolveName(address.host)
    } catch (error) {
      const next = 'Look for a typing error; a name of a private network needs its DNS, or a line in /etc/hosts.'
      return this.#end('name', 'unreachable', `${address.host} is not known here (${codeOf(error)}).`, next)
    }
    if (addresses[0] !== address.host) this.#found('name', `${address.host} is ${addresses.join(', ')}.`)
    try {
      ;(await openTcp(address, this.#options.timeoutMs)).destroy()
    } catch (error) {
      const code = codeOf(error)
      const next =
        code === 'ECONNREFUSED'
          ? 'Look whether the broker runs (`millrace status`), and at the port: plaintext, TLS, SCRAM and IAM each have one.'
          : 'A firewall or security group may swallow it, or the address is in a network that is not reachable from here.'
      return this.#end('tcp', 'unreachable', `Nothing answers at ${textOf(address)} (${code}).`, next)
    }
    this.#found('tcp', `Something listens at ${textOf(address)}.`)
  }

  /** The versions, by the protocol that answers. */
  async #findProtocol(): Promise<readonly { readonly apiKey: number; readonly maxVersion: number }[]> {
    const { expected } = this.#options
    const plain = await this.#askVersions(false)
    if (!(plain instanceof Error)) {
      if (expected.tls === true) {
        const next = 'Set security.protocol to PLAINTEXT (SASL_PLAINTEXT with a login), or use the TLS port.'
        this.#end('protocol', 'protocol', 'It speaks Kafka without TLS; the client is told to speak TLS.', next)
      }
      this.#found('protocol', 'It speaks Kafka without TLS.')
      return plain
    }
    const secure = await this.#askVersions(true)
    if (!(secure instanceof Error)) {
      if (expected.tls === false) {
        const next = 'Set security.protocol to SSL (SASL_SSL with a login), or use the plaintext port.'
        this.#end('protocol', 'protocol', 'It speaks Kafka over TLS; the client is told to speak plaintext.', next)
      }
      this.#secure = true
      return secure
    }
    if (CERTIFICATE_REFUSED.test(`${secure.message} ${codeOf(secure)}`)) return this.#certificateRefused(secure)
    if (this.findings.some(({ step }) => step === 'certificate')) {
      this.#secure = true
      return this.#hungUp(secure)
    }
    if (isSilentEnd(plain) && isSilentEnd(secure)) {
      const next =
        'That is what a security group of a Millrace does (`millrace why` names the rule that is missing), and a load balancer with nothing behind it.'
      this.#end('tcp', 'unreachable', 'It takes connections, and closes each at once without a word.', next)
    }
    const http = plain instanceof NoAnswer && plain.bytes.toString('latin1', 0, 5) === 'HTTP/'
    const seen = http
      ? 'It speaks HTTP.'
      : `It speaks neither Kafka nor TLS: ${plain.message}; over TLS: ${secure.message}.`
    const next = http
      ? 'Is it the port of the AWS API, or of metrics?'
      : 'Look whether this is the port of a Kafka broker.'
    return this.#end('protocol', 'protocol', seen, next)
  }

  /** @param client what is shown; that of the options unless given */
  async #askVersions(
    secure: boolean,
    client: TlsTrust['client'] = this.#options.trust.client,
  ): Promise<readonly { readonly apiKey: number; readonly maxVersion: number }[] | Error> {
    try {
      const exchange = new KafkaExchange(await this.#open(secure, client), this.#options.timeoutMs)
      try {
        return (await exchange.ask(apiVersionsRequest, apiVersionsResponse, 0, {})).apiKeys
      } finally {
        exchange.close()
      }
    } catch (error) {
      if (error instanceof Ended) throw error
      return error as Error
    }
  }

  async #open(secure: boolean, client: TlsTrust['client'] = this.#options.trust.client): Promise<Socket> {
    const { address, trust, timeoutMs } = this.#options
    const socket = await openTcp(address, timeoutMs)
    if (!secure) return socket
    const opened = await openTls(socket, address.host, { ...trust, client }, timeoutMs)
    if (!this.findings.some(({ step }) => step === 'certificate')) this.#judge(opened.protocol, opened.certificate)
    return opened.socket
  }

  #judge(protocol: string, certificate: ShownCertificate): void {
    this.#found('protocol', `It speaks Kafka over ${protocol}.`)
    const { subject, issuer, names, validTo, untrusted, wrongName } = certificate
    const shown = `Its certificate is of ${subject}, by ${issuer}, for ${names.join(', ')}, until ${validTo}`
    if (untrusted !== null) {
      const expired = untrusted.includes('EXPIRED')
      const next = expired
        ? 'The broker needs another certificate; look at the clock of this machine too.'
        : 'Trust its authority: `millrace ca` prints that of a Millrace (--ca FILE here, ssl.truststore.location in Java, ssl.ca.location in librdkafka).'
      this.#add('certificate', false, `${shown}, and is not trusted (${untrusted}).`, next, 'certificate')
    } else if (wrongName !== null) {
      const next =
        'Connect by one of those names; a Millrace has a certificate for every name by which its GetBootstrapBrokers was asked.'
      this.#add('certificate', false, `${shown}: not for this name. ${wrongName}`, next, 'certificate')
    } else this.#found('certificate', `${shown}.`)
  }

  async #openExchange(): Promise<KafkaExchange> {
    return new KafkaExchange(await this.#open(this.#secure), this.#options.timeoutMs)
  }

  async #offered(): Promise<readonly string[]> {
    const exchange = await this.#openExchange()
    try {
      return await offeredMechanisms(exchange)
    } catch (error) {
      // A listener that demands a client certificate hangs up on who shows none.
      return this.#hungUp(error as Error)
    } finally {
      exchange.close()
    }
  }

  #certificateRefused(error: Error): never {
    const { client } = this.#options.trust
    const said = alertOf(error)
    if (client === null) {
      const next =
        'Show one: --cert FILE --key FILE here, ssl.keystore.* in Java, ssl.certificate.location in librdkafka.'
      return this.#end('certificate', 'certificate', `It demands a client certificate (${said}).`, next)
    }
    const next = /unknown.ca/i.test(said)
      ? "Its authority is not one that the broker trusts: use a certificate of one of the cluster's (`aws kafka describe-cluster-v2`, clientAuthentication.tls), with the certificates between it and its authority in the same file."
      : 'Use a certificate that is in its time, not revoked, meant for clients, and of an authority of the cluster.'
    return this.#end('client-certificate', 'certificate', `It refuses the certificate that is shown (${said}).`, next)
  }

  #hungUp(error: Error): never {
    if (CERTIFICATE_REFUSED.test(`${error.message} ${codeOf(error)}`)) return this.#certificateRefused(error)
    if (this.#secure && this.#options.trust.client !== null) {
      const next =
        'It may be that it does not take this certificate; its log says why, of a Millrace `millrace why` tells.'
      return this.#end('client-certificate', 'certificate', `It hangs up: ${error.message}.`, next)
    }
    const next = this.#secure
      ? 'If it demands a client certificate, show one: --cert FILE --key FILE.'
      : 'Its log says why; of a Millrace `millrace why` tells.'
    return this.#end('login', this.#secure ? 'certificate' : 'protocol', `It hangs up: ${error.message}.`, next)
  }

  async #withoutLogin(): Promise<KafkaExchange> {
    const { login, mechanism } = this.#options.expected
    const wanted = login !== null || (mechanism !== null && mechanism !== 'none')
    if (wanted) {
      const next = `Leave sasl.* away (security.protocol=${this.#secure ? 'SSL' : 'PLAINTEXT'}), or use the port with the login.`
      return this.#end('login', 'login', 'It wants no login; the client is told to log in.', next)
    }
    const shown = this.#secure && this.#options.trust.client !== null
    this.#found('login', `It wants no login${shown ? await this.#byCertificate() : ''}.`)
    return this.#openExchange()
  }

  /** Whether the certificate that was shown made the difference. */
  async #byCertificate(): Promise<string> {
    const without = await this.#askVersions(true, null)
    return without instanceof Error
      ? ': it takes the certificate that is shown, and lets in nobody without one'
      : ', and lets in who shows no certificate too: whether it looked at this one, it does not say'
  }

  /** The connection that is logged in. */
  async #logIn(offered: readonly string[]): Promise<KafkaExchange> {
    const { login, mechanism: told, signer } = this.#options.expected
    const offer = `It wants a login by ${offered.join(' or ')}`
    if (told === 'none') {
      const next = `Set security.protocol=SASL_${this.#secure ? 'SSL' : 'PLAINTEXT'} and sasl.mechanism=${offered[0] ?? ''}, or use a port without a login.`
      return this.#end('login', 'login', `${offer}; the client is told of none.`, next)
    }
    const wanted = told === null ? offered : told === 'IAM' ? IAM_MECHANISMS : [told]
    const common = wanted.filter((mechanism) => offered.includes(mechanism))
    if (common.length === 0) {
      const client = wanted.join(' or ')
      const next = `Set sasl.mechanism=${offered[0] ?? ''}, or use the port of ${told === 'IAM' ? 'IAM' : client}.`
      return this.#end('login', 'login', `${offer}; the client is told to use ${client}.`, next)
    }
    const scram = login === null ? null : knownMechanism(common)
    const tried = scram === null ? (signer === null ? [] : common.filter(isIamMechanism)) : [scram]
    if (tried.length === 0) {
      this.#found('login', `${offer}. Not tried.`)
      throw new Ended()
    }
    if (this.findings.some(({ step, ok }) => step === 'certificate' && !ok)) {
      // Whoever is behind that certificate should not get a password or a signature to see.
      this.#found('login', `${offer}. Not tried, because the certificate is not good.`)
      throw new Ended()
    }
    let open: KafkaExchange | null = null
    for (const mechanism of tried) {
      const exchange = await this.#openExchange()
      if ((await this.#letIn(exchange, mechanism)) && open === null) open = exchange
      else exchange.close()
    }
    if (open === null) throw new Ended()
    return open
  }

  async #letIn(exchange: KafkaExchange, mechanism: string): Promise<boolean> {
    const { login, signer } = this.#options.expected
    const byIam = isIamMechanism(mechanism) && signer !== null
    const who = byIam ? signer.credentials.accessKeyId : (login?.user ?? '')
    try {
      if (byIam) await logInByIam(exchange, mechanism, signer, this.#options.address.host)
      else if (login !== null) await logIn(exchange, mechanism, login)
    } catch (error) {
      const next = byIam
        ? 'What the API says of the key stands below; of a Millrace `millrace why` tells the reason.'
        : 'Look at user and password; of a Millrace `millrace why` tells which of them it is.'
      const seen = `${who} is refused by ${mechanism}: ${(error as Error).message}`
      this.#add('login', false, seen, next, 'login')
      return false
    }
    this.#found('login', `${who} is let in by ${mechanism}.`)
    return true
  }

  async #metadata(exchange: KafkaExchange): Promise<readonly (Address & { readonly nodeId: number })[]> {
    try {
      const { brokers, controllerId, clusterId } = await exchange.ask(metadataRequest, metadataResponse, 4, {
        topics: [],
        allowAutoTopicCreation: false,
      })
      const told = brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port }))
      const list = told.map(({ nodeId, ...address }) => `${nodeId} at ${textOf(address)}`).join(', ')
      const cluster = clusterId === null || clusterId === '' ? 'A cluster' : `Cluster ${clusterId}`
      this.#found('metadata', `${cluster} of ${told.length} brokers, controller ${controllerId}: ${list}.`)
      return told
    } catch (error) {
      return this.#hungUp(error as Error)
    }
  }

  #found(step: Finding['step'], seen: string): void {
    this.#add(step, true, seen, null, null)
  }

  #end(step: Finding['step'], trouble: Trouble, seen: string, next: string): never {
    this.#add(step, false, seen, next, trouble)
    throw new Ended()
  }

  #add(step: Finding['step'], ok: boolean, seen: string, next: string | null, trouble: Trouble | null): void {
    this.findings.push({ address: textOf(this.#options.address), step, ok, seen, next, trouble })
  }
}

/** An end of the connection without a byte, as opposed to an answer that is none of Kafka's. */
function isSilentEnd(error: Error): boolean {
  if (error instanceof NoAnswer) return error.how === 'closed' && error.bytes.length === 0
  return /closed the connection during|ECONNRESET|socket disconnected|EPIPE/.test(`${error.message} ${codeOf(error)}`)
}

/** OpenSSL's word for an alert: `unknown ca`. */
function alertOf({ message }: Error): string {
  return /:(?:tlsv1[23]? |sslv3 )?alert ([a-z ]+):/.exec(message)?.[1] ?? message
}

function spanOf(apis: readonly { readonly apiKey: number; readonly maxVersion: number }[]): string {
  const highest = (key: number): string => String(apis.find(({ apiKey }) => apiKey === key)?.maxVersion ?? 'none')
  return ` (Produce up to version ${highest(0)}, Fetch ${highest(1)}, Metadata ${highest(3)})`
}

export function textOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
