import { describe, expect, test } from 'vitest'
import { clientConfigOf, parseProperties } from './client-config.ts'
import { clientProperties } from '../commands/client-properties.ts'

const read = (file: string): string => `PEM of ${file}`

describe('the configuration of a client', () => {
  test.each(['java', 'librdkafka'] as const)('as `millrace properties` prints it for %s', (kind) => {
    const login = { username: 'al"ice', password: 'w\\onder' }
    const text = clientProperties[kind]({
      brokers: ['b1:9096', 'b2:9096'],
      caFile: '/ca.pem',
      certificate: null,
      login,
    })
    expect(clientConfigOf(kind === 'librdkafka' ? text.replaceAll('\\', '\\\\') : text, read)).toEqual({
      bootstrap: 'b1:9096,b2:9096',
      tls: true,
      mechanism: 'SCRAM-SHA-512',
      login: { user: 'al"ice', password: 'w\\onder' },
      ca: 'PEM of /ca.pem',
      trustStoreUnread: null,
      client: null,
    })
  })

  test.each(['java', 'librdkafka'] as const)(
    'with a certificate, as `millrace properties` prints it for %s',
    (kind) => {
      const certificate = {
        certificateFile: '/own.pem',
        keyFile: '/own.key',
        certificatePem: '-----BEGIN\nA\n',
        keyPem: '-----KEY\nB\n',
      }
      const text = clientProperties[kind]({ brokers: ['b1:9094'], caFile: '/ca.pem', certificate, login: null })
      expect(clientConfigOf(text, read).client).toEqual(
        kind === 'java'
          ? { cert: '-----BEGIN\nA', key: '-----KEY\nB' }
          : { cert: 'PEM of /own.pem', key: 'PEM of /own.key' },
      )
    },
  )

  test('without a protocol is plaintext without a login', () => {
    const config = clientConfigOf('bootstrap.servers=b:9092\n', read)
    expect(config).toMatchObject({ tls: false, mechanism: 'none', login: null })
  })

  test('with a Java trust store says that it was not looked into', () => {
    const config = clientConfigOf('security.protocol=SSL\nssl.truststore.location=/trust.jks\n', read)
    expect(config).toMatchObject({ tls: true, ca: null, trustStoreUnread: '/trust.jks' })
  })

  test("of AWS's own page for IAM", () => {
    const text = [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=AWS_MSK_IAM',
      'sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;',
      'sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler',
    ].join('\n')
    expect(clientConfigOf(text, read)).toMatchObject({ tls: true, mechanism: 'AWS_MSK_IAM', login: null })
  })
})

test('properties have comments, continued lines, three separators and escapes', () => {
  const text = '# no\n! no\n\na = 1\nb:2\nc 3\nd=one \\\n   two\ne\\=f=g\\\\h\r\n  i=j=k\n'
  expect(Object.fromEntries(parseProperties(text))).toEqual({
    a: '1',
    b: '2',
    c: '3',
    d: 'one two',
    'e=f': 'g\\h',
    i: 'j=k',
  })
})
