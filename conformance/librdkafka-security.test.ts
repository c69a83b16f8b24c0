/**
 * librdkafka's quick suite over TLS, over mutual TLS and with SCRAM-SHA-512: all that runs over plaintext runs there too, and
 * what waits for certificates or logins. Full size only: a quarter of an hour and more.
 */
import { librdkafkaSuites } from './harness/librdkafka-suite.ts'

const args = ['-Q', '-E', '-p3']

librdkafkaSuites('npm run test:full -- librdkafka-security', [
  { name: 'its quick suite over TLS', security: 'tls', args, autoCreate: true, minutes: 25 },
  { name: 'its quick suite over mutual TLS', security: 'mutual', args, autoCreate: true, minutes: 25 },
  // Share groups, which its tests of logins use as well, are served from Kafka 4.2 on.
  { name: 'its quick suite with SCRAM-SHA-512', security: 'scram', kafka: '4.2', args, autoCreate: true, minutes: 25 },
])
