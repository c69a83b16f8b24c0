/** librdkafka's full suite: more records, and connections that are cut. Full size only: half an hour and more. */
import { librdkafkaSuites } from './harness/librdkafka-suite.ts'

librdkafkaSuites('npm run test:full -- librdkafka-full', [
  { name: 'its full suite', args: ['-p1'], apart: 3, autoCreate: true, minutes: 60 },
])
