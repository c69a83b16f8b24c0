/** What a Java or librdkafka client is told by its own configuration file, as far as it is about getting in. */
import { readFileSync } from 'node:fs'
import { UserError } from '../user-error.ts'
import type { Login } from './finding.ts'
import type { ClientCertificate } from './open-address.ts'

export interface ClientConfig {
  readonly bootstrap: string | null
  readonly tls: boolean
  readonly mechanism: string | null
  readonly login: Login | null
  /** PEM; null: none is named, or in a form that is not read here (`trustStoreUnread`). */
  readonly ca: string | null
  readonly trustStoreUnread: string | null
  /** What the client shows; null: nothing, or a key store in a form that is not read here. */
  readonly client: ClientCertificate | null
}

/** @throws UserError for what cannot be read */
export function readClientConfig(path: string): ClientConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`)
  }
  return clientConfigOf(text, (file) => readFileSync(file, 'utf8'))
}

export function clientConfigOf(text: string, read: (file: string) => string): ClientConfig {
  const properties = parseProperties(text)
  const of = (...names: string[]): string | null =>
    names.map((name) => properties.get(name)).find((value) => value !== undefined) ?? null
  const protocol = (of('security.protocol') ?? 'PLAINTEXT').toUpperCase()
  const sasl = protocol.startsWith('SASL_')
  const trustStore = of('ssl.truststore.location', 'ssl.ca.location')
  const isPem = of('ssl.ca.location') !== null || of('ssl.truststore.type')?.toUpperCase() === 'PEM'
  return {
    bootstrap: of('bootstrap.servers', 'metadata.broker.list'),
    tls: protocol.endsWith('SSL'),
    mechanism: sasl ? (of('sasl.mechanism', 'sasl.mechanisms') ?? 'GSSAPI') : 'none',
    login: sasl ? loginOf(of) : null,
    ca: trustStore !== null && isPem ? read(trustStore) : null,
    trustStoreUnread: trustStore !== null && !isPem ? trustStore : null,
    client: clientCertificateOf(of, read),
  }
}

/** Files of librdkafka's; of Java's, a key store of type PEM: one file with both, or both written out. */
function clientCertificateOf(
  of: (...names: string[]) => string | null,
  read: (file: string) => string,
): ClientCertificate | null {
  const [certFile, keyFile] = [of('ssl.certificate.location'), of('ssl.key.location')]
  if (certFile !== null && keyFile !== null) return { cert: read(certFile), key: read(keyFile) }
  if (of('ssl.keystore.type')?.toUpperCase() !== 'PEM') return null
  const store = of('ssl.keystore.location')
  if (store !== null) return { cert: read(store), key: read(store) }
  const [cert, key] = [of('ssl.keystore.certificate.chain'), of('ssl.keystore.key')]
  return cert === null || key === null ? null : { cert, key }
}

function loginOf(of: (...names: string[]) => string | null): Login | null {
  const jaas = of('sasl.jaas.config') ?? ''
  const value = (name: string): string | null => {
    const match = new RegExp(`\\b${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)')`).exec(jaas)
    return match === null ? null : (match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? null)
  }
  const user = of('sasl.username') ?? value('username')
  const password = of('sasl.password') ?? value('password')
  return user === null || password === null ? null : { user, password }
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' }

/** Java's properties: comments, continued lines, `=`, `:` or blank between key and value, backslash escapes. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  const joined = text.replaceAll(/\\\r?\n[ \t]*/g, '')
  for (const line of joined.split(/\r?\n/)) {
    if (/^\s*([#!]|$)/.test(line)) continue
    const match = /^\s*((?:\\.|[^\\=:\s])+)\s*[=:]?\s*(.*)$/.exec(line)
    if (match === null) continue
    const unescaped = (part: string): string => part.replaceAll(/\\(.)/g, (_, char: string) => CONTROLS[char] ?? char)
    properties.set(unescaped(match[1] ?? ''), unescaped(match[2] ?? ''))
  }
  return properties
}
