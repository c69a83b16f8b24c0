import { describe, expect, it } from 'vitest'
import { clientProperties } from './client-properties.ts'

const plaintext = { brokers: ['a:1', 'b:2'], caFile: null, certificate: null, login: null }
const secret = { ...plaintext, caFile: '/ca.pem', login: { username: 'alice', password: 'a"b\\c' } }

describe('the configuration printed for', () => {
  it('Java escapes a password twice: for JAAS and for the properties file', () => {
    expect(clientProperties.java(plaintext)).toBe('bootstrap.servers=a:1,b:2\nsecurity.protocol=PLAINTEXT\n')
    expect(clientProperties.java(secret).split('\n')).toEqual([
      'bootstrap.servers=a:1,b:2',
      'security.protocol=SASL_SSL',
      'ssl.truststore.type=PEM',
      'ssl.truststore.location=/ca.pem',
      'sasl.mechanism=SCRAM-SHA-512',
      'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="a\\\\"b\\\\\\\\c";',
      '',
    ])
  })

  it('librdkafka takes everything as it is', () => {
    expect(clientProperties.librdkafka(secret)).toContain('sasl.password=a"b\\c\n')
    expect(clientProperties.librdkafka({ ...secret, login: null })).toContain('security.protocol=ssl\n')
  })

  it('kafkajs is a module, Python a dictionary', () => {
    expect(clientProperties.kafkajs(plaintext)).toBe('export default {\n  brokers: ["a:1","b:2"],\n}\n')
    expect(clientProperties.kafkajs(secret)).toContain('sasl: {"mechanism":"scram-sha-512","username":"alice"')
    const python = clientProperties.python(secret).replace(/^config = /, '')
    expect(JSON.parse(python)).toEqual({
      bootstrap_servers: ['a:1', 'b:2'],
      security_protocol: 'SASL_SSL',
      ssl_cafile: '/ca.pem',
      sasl_mechanism: 'SCRAM-SHA-512',
      sasl_plain_username: 'alice',
      sasl_plain_password: 'a"b\\c',
    })
  })

  it('mutual TLS names the files, and Java gets what is in them', () => {
    const certificate = { certificateFile: '/c.pem', keyFile: '/k.pem', certificatePem: 'C1\nC2\n', keyPem: 'K1\nK2\n' }
    const mutual = { ...plaintext, caFile: '/ca.pem', certificate }
    expect(clientProperties.java(mutual).split('\n').slice(4)).toEqual([
      'ssl.keystore.type=PEM',
      'ssl.keystore.certificate.chain=C1\\nC2',
      'ssl.keystore.key=K1\\nK2',
      '',
    ])
    expect(clientProperties.librdkafka(mutual)).toContain('ssl.certificate.location=/c.pem\nssl.key.location=/k.pem\n')
    expect(clientProperties.kafkajs(mutual)).toContain(`key: readFileSync("/k.pem", 'utf8'),`)
    expect(clientProperties.python(mutual)).toContain('"ssl_keyfile": "/k.pem"')
  })
})
