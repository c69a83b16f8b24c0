/**
 * franz-go's own tests of its client behind TLS: with SCRAM-SHA-512 logins of all its clients, with their certificates, and
 * with tokens of IAM access control. Quick: logins, right and wrong ones, and what groups and share groups of them read and
 * write; full: every test there is.
 */
import { it } from 'vitest'
import { FRANZ_GO_TEST_MS, runFranzGo, type FranzGoSuite } from './harness/franz-go-suite.ts'
import { judge } from './harness/judges.ts'
import { securities, type Security } from './harness/secured-cluster.ts'
import { full, sized } from './harness/size.ts'

const COMMAND = 'npm run test:full -- franz-go-security'
const LOGINS = ['TestSCRAMAuth', 'TestSCRAMAuthBadCredentials']

const suite = judge('franz-go')
const aws = full ? judge('aws') : null

const run = (security: Security): FranzGoSuite => ({
  name: securities[security].words,
  security,
  kafkaVersion: '4.2.x.kraft',
  ...sized({
    quick: { tests: 'TestSCRAM|TestPing|TestConsumeRegex|TestGroupSimple|TestShareGroup$', records: 1_000 },
    full: { tests: '.', records: 50_000 },
  }),
  passing: [...(security === 'scram' ? LOGINS : []), 'TestGroupSimple', 'TestShareGroup'],
})

it.skipIf(suite === null)(
  "franz-go's tests pass over TLS with SCRAM-SHA-512",
  () => runFranzGo(suite ?? '', COMMAND, run('scram')),
  FRANZ_GO_TEST_MS,
)

it.skipIf(suite === null || !full)(
  "franz-go's tests pass over TLS with IAM access control",
  () => runFranzGo(suite ?? '', COMMAND, run('iam')),
  FRANZ_GO_TEST_MS,
)

it.skipIf(suite === null || aws === null)(
  "franz-go's tests pass over mutual TLS",
  () => runFranzGo(suite ?? '', COMMAND, run('mutual')),
  FRANZ_GO_TEST_MS,
)
