/** The same connection in the words of each client library. */

export type ClientKind = 'java' | 'librdkafka' | 'kafkajs' | 'python'

export interface ScramLogin {
  readonly username: string
  readonly password: string
}

/** What a client shows to prove who it is. */
export interface ClientCertificate {
  /** PEM; the certificates above it may follow. */
  readonly certificateFile: string
  /** PEM, not encrypted. */
  readonly keyFile: string
  /** What is in them, the key as PKCS #8: the only form of key that Java takes, and it takes no file with an open key. */
  readonly certificatePem: string
  readonly keyPem: string
}

/** What every client has to be told, whatever it calls it. */
export interface ClientConnection {
  readonly brokers: readonly string[]
  /** PEM of the authority to trust; null: plaintext. */
  readonly caFile: string | null
  /** Mutual TLS; null: none. */
  readonly certificate: ClientCertificate | null
  /** By SCRAM-SHA-512; null: none. */
  readonly login: ScramLogin | null
}

const MECHANISM = 'SCRAM-SHA-512'
const JAVA_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule'

export const clientProperties: Readonly<Record<ClientKind, (connection: ClientConnection) => string>> = {
  java: ({ brokers, caFile, certificate, login }) =>
    lines({
      'bootstrap.servers': brokers.join(','),
      'security.protocol': protocol(caFile, login),
      ...(caFile === null ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': caFile }),
      ...(certificate === null
        ? {}
        : {
            'ssl.keystore.type': 'PEM',
            'ssl.keystore.certificate.chain': oneLine(certificate.certificatePem),
            'ssl.keystore.key': oneLine(certificate.keyPem),
          }),
      ...(login === null
        ? {}
        : {
            'sasl.mechanism': MECHANISM,
            'sasl.jaas.config': `${JAVA_MODULE} required username=${quoted(login.username)} password=${quoted(login.password)};`,
          }),
    }),
  librdkafka: ({ brokers, caFile, certificate, login }) =>
    lines({
      'bootstrap.servers': brokers.join(','),
      'security.protocol': protocol(caFile, login).toLowerCase(),
      ...(caFile === null ? {} : { 'ssl.ca.location': caFile }),
      ...(certificate === null
        ? {}
        : { 'ssl.certificate.location': certificate.certificateFile, 'ssl.key.location': certificate.keyFile }),
      ...(login === null
        ? {}
        : { 'sasl.mechanism': MECHANISM, 'sasl.username': login.username, 'sasl.password': login.password }),
    }),
  kafkajs: ({ brokers, caFile, certificate, login }) =>
    [
      ...(caFile === null ? [] : ["import { readFileSync } from 'node:fs'", '']),
      'export default {',
      `  brokers: ${JSON.stringify(brokers)},`,
      ...(caFile === null
        ? []
        : [
            '  ssl: {',
            `    ca: [${fileContent(caFile)}],`,
            ...(certificate === null
              ? []
              : [
                  `    cert: ${fileContent(certificate.certificateFile)},`,
                  `    key: ${fileContent(certificate.keyFile)},`,
                ]),
            '  },',
          ]),
      ...(login === null ? [] : [`  sasl: ${JSON.stringify({ mechanism: MECHANISM.toLowerCase(), ...login })},`]),
      '}',
      '',
    ].join('\n'),
  python: ({ brokers, caFile, certificate, login }) =>
    `config = ${JSON.stringify(
      {
        bootstrap_servers: brokers,
        security_protocol: protocol(caFile, login),
        ...(caFile === null ? {} : { ssl_cafile: caFile }),
        ...(certificate === null
          ? {}
          : { ssl_certfile: certificate.certificateFile, ssl_keyfile: certificate.keyFile }),
        ...(login === null
          ? {}
          : {
              sasl_mechanism: MECHANISM,
              sasl_plain_username: login.username,
              sasl_plain_password: login.password,
            }),
      },
      null,
      4,
    )}\n`,
}

function protocol(caFile: string | null, login: ScramLogin | null): string {
  const transport = caFile === null ? 'PLAINTEXT' : 'SSL'
  return login === null ? transport : `SASL_${transport}`
}

/** PEM in a properties file, which reads `\\n` as a line's end. */
function oneLine(pem: string): string {
  return pem.trimEnd().replaceAll(/\r?\n/g, '\\n')
}

/** In a module for kafkajs. */
function fileContent(path: string): string {
  return `readFileSync(${JSON.stringify(path)}, 'utf8')`
}

/** As JAAS reads it. In a properties file a backslash is written twice. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`.replaceAll('\\', '\\\\')
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
