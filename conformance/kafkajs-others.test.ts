/** kafkajs's own tests of what it makes of the protocol: admin, producer, consumer and cluster. Full size only: many minutes. */
import { kafkajsSuite } from './harness/kafkajs-suite.ts'

kafkajsSuite('MILLRACE_KAFKAJS_SOURCE=CHECKOUT npm run test:full -- kafkajs-others', {
  name: 'its tests of admin, producer, consumer and cluster',
  pattern: 'src/(admin|producer|consumer|cluster)/',
  minutes: 45,
})
