/**
 * librdkafka's quick suite over TLS, over mutual TLS and with SCRAM-SHA-512: all that runs over plaintext runs there too, and
 * what waits for certificates or logins. Full size only: a quarter of an hour and more.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startApacheKafka } from './harness/apache-kafka.ts'
import { judge, kafkaReleases } from './harness/judges.ts'
import { certificateForms } from './harness/librdkafka-cluster.ts'
import { librdkafkaSuites } from './harness/librdkafka-suite.ts'
import { runLibrdkafkaTests } from './harness/librdkafka.ts'
import { full } from './harness/size.ts'

const args = ['-Q', '-E', '-p3']

librdkafkaSuites('npm run test:full -- librdkafka-security', [
  { name: 'its quick suite over TLS', security: 'tls', args, autoCreate: true, minutes: 25 },
  { name: 'its quick suite over mutual TLS', security: 'mutual', args, autoCreate: true, minutes: 25 },
  // Share groups, which its tests of logins use as well, are served from Kafka 4.2 on.
  { name: 'its quick suite with SCRAM-SHA-512', security: 'scram', kafka: '4.2', args, autoCreate: true, minutes: 25 },
])

const program = full ? judge('librdkafka') : null
const java = full ? judge('java') : null

it.skipIf(program === null || java === null)(
  "what librdkafka's test of certificates expects with mutual TLS fails against Apache Kafka over TLS 1.3 too",
  async () => {
    const release = kafkaReleases.at(-1) ?? ''
    const scratch = mkdtempSync(join(tmpdir(), 'millrace-mutual-'))
    const [key, certificate] = [join(scratch, 'broker.key'), join(scratch, 'broker.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const files = ['-keyout', key, '-out', certificate]
    const making = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '9', ...subject, ...files]
    execFileSync('openssl', making, { stdio: 'ignore' })
    const { configuration, environment } = certificateForms(scratch, certificate, 'required')
    const pem = (file: string): string => readFileSync(file, 'utf8')
    const kafka = await startApacheKafka(release, [], {
      certificate: pem(certificate),
      key: pem(key),
      trusted: pem(join(scratch, 'own.pem')),
    })
    try {
      const own = `bootstrap.servers=${kafka.mutualTls}\nsecurity.protocol=ssl\nssl.ca.location=${certificate}\n`
      const report = await runLibrdkafkaTests({
        program: program ?? '',
        connection: {
          bootstrap: kafka.mutualTls,
          configuration: own + configuration,
          brokerVersion: release,
          environment,
        },
        args: ['-p1'],
        tests: ['0097'],
        timeoutMs: 300_000,
      })
      // It gets there only when all connections before it, of the client that is trusted, have come about. The runner
      // crashes behind it and leaves no report.
      expect(report.words).toContain(
        'Expected _SSL or _ALL_BROKERS_DOWN error codes, got: Local: Broker transport failure',
      )
    } finally {
      await kafka.stop()
      rmSync(scratch, { recursive: true, force: true })
    }
  },
  480_000,
)
