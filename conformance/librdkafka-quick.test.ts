/** librdkafka's quick suite, and its tests that want a cluster which creates no topics by itself. Full size only: minutes. */
import { librdkafkaSuites } from './harness/librdkafka-suite.ts'

librdkafkaSuites('npm run test:full -- librdkafka-quick', [
  { name: 'its quick suite', args: ['-Q', '-E'], autoCreate: true, minutes: 25 },
  { name: 'its tests without auto-creation', args: ['-s', 'noautocreate'], autoCreate: false, minutes: 10 },
])
