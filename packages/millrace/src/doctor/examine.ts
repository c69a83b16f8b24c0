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
import { knownMechanism, logIn, offeredMechanisms } from './log-in.ts'
import { openTcp, openTls, resolveName, type Address, type ShownCertificate, type TlsTrust } from './open-address.ts'

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
const CERTIFICATE_DEMANDED = /certificate required|bad certificate|unknown ca|handshake failure|CERTIFICATE_REQUIRED/i

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
    const exchange = await this.#openExchange()
    try {
      if (offered.length > 0) await this.#logIn(exchange, offered)
      else this.#noLogin()
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
    if (CERTIFICATE_DEMANDED.test(`${secure.message} ${codeOf(secure)}`)) {
      const next =
        'Show one: --cert FILE --key FILE here, ssl.keystore.* in Java, ssl.certificate.location in librdkafka.'
      this.#end('certificate', 'certificate', `It demands a client certificate (${secure.message}).`, next)
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

  async #askVersions(
    secure: boolean,
  ): Promise<readonly { readonly apiKey: number; readonly maxVersion: number }[] | Error> {
    try {
      const exchange = new KafkaExchange(await this.#open(secure), this.#options.timeoutMs)
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

  async #open(secure: boolean): Promise<Socket> {
    const { address, trust, timeoutMs } = this.#options
    const socket = await openTcp(address, timeoutMs)
    if (!secure) return socket
    const opened = await openTls(socket, address.host, trust, timeoutMs)
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
      const next = `Connect by one of those names; a Millrace takes more with \`millrace start --advertised-host\`, or when GetBootstrapBrokers is asked by that name.`
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

  #hungUp(error: Error): never {
    const next = this.#secure
      ? 'If it demands a client certificate, show one: --cert FILE --key FILE.'
      : 'Its log says why; of a Millrace `millrace why` tells.'
    return this.#end('login', this.#secure ? 'certificate' : 'protocol', `It hangs up: ${error.message}.`, next)
  }

  #noLogin(): void {
    const { login, mechanism } = this.#options.expected
    const wanted = login !== null || (mechanism !== null && mechanism !== 'none')
    if (wanted) {
      const next = `Leave sasl.* away (security.protocol=${this.#secure ? 'SSL' : 'PLAINTEXT'}), or use the port with the login.`
      return this.#end('login', 'login', 'It wants no login; the client is told to log in.', next)
    }
    this.#found('login', 'It wants no login.')
  }

  async #logIn(exchange: KafkaExchange, offered: readonly string[]): Promise<void> {
    const { login, mechanism: told } = this.#options.expected
    const offer = `It wants a login by ${offered.join(' or ')}`
    if (told === 'none') {
      const next = `Set security.protocol=SASL_${this.#secure ? 'SSL' : 'PLAINTEXT'} and sasl.mechanism=${offered[0] ?? ''}, or use a port without a login.`
      return this.#end('login', 'login', `${offer}; the client is told of none.`, next)
    }
    if (told !== null && !offered.includes(told)) {
      const next = `Set sasl.mechanism=${offered[0] ?? ''}, or use the port of ${told}.`
      return this.#end('login', 'login', `${offer}; the client is told to use ${told}.`, next)
    }
    const mechanism = told ?? knownMechanism(offered)
    if (login === null || mechanism === null || knownMechanism([mechanism]) === null) {
      this.#found('login', `${offer}. Not tried.`)
      throw new Ended()
    }
    if (this.findings.some(({ step, ok }) => step === 'certificate' && !ok)) {
      // Whoever is behind that certificate should not get a password to see.
      this.#found('login', `${offer}. Not tried, because the certificate is not good.`)
      throw new Ended()
    }
    try {
      await logIn(exchange, mechanism, login)
    } catch (error) {
      const next = 'Look at user and password; of a Millrace `millrace why` tells which of them it is.'
      return this.#end('login', 'login', `${login.user} is refused by ${mechanism}: ${(error as Error).message}`, next)
    }
    this.#found('login', `${login.user} is let in by ${mechanism}.`)
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
