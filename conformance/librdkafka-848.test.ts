/**
 * librdkafka's tests of consumers once more, with the consumer group protocol (KIP-848) instead of the classic one: what
 * subscribes, rebalances, commits and leaves. Full size only.
 */
import { librdkafkaSuites } from './harness/librdkafka-suite.ts'

librdkafkaSuites('npm run test:full -- librdkafka-848', [
  {
    name: 'its tests of groups with group.protocol=consumer',
    args: ['-p3'],
    autoCreate: true,
    minutes: 30,
    environment: { TEST_CONSUMER_GROUP_PROTOCOL: 'consumer' },
    only: [
      ...['0014', '0018', '0019', '0022', '0029', '0030', '0033', '0041', '0045', '0050', '0056'],
      ...['0069', '0089', '0102', '0110', '0113', '0118', '0122', '0130', '0137', '0140'],
    ],
  },
])
