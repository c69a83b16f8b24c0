import { AwsError } from '@millrace/aws/errors'
import { expect, test } from 'vitest'
import { parseProperties, readServerProperties } from './server-properties.ts'
import { isRemovedFrom, propertyProblem } from './settable-properties.ts'

test('properties are read as Java does: separators, comments, blanks, continued lines, the last one wins', () => {
  const text =
    '# comment\n! too\n\nnum.partitions = 3\r\nlog.cleanup.policy: compact,\\\n   delete\nkey value\nempty=\nnum.partitions=6\n'
  expect(parseProperties(text)).toEqual({
    'num.partitions': '6',
    'log.cleanup.policy': 'compact,delete',
    key: 'value',
    empty: '',
  })
})

test('every property that is not allowed or has a bad value is named in one refusal', () => {
  const read = (): unknown =>
    readServerProperties(
      Buffer.from('broker.id=3\nauto.create.topics.enable=yes\nnum.partitions=2\nlog.retention.ms=soon'),
    )
  expect(read).toThrow(AwsError)
  expect(read).toThrow(
    'Invalid properties in serverProperties: broker.id cannot be set in an MSK configuration; auto.create.topics.enable must be true or false; log.retention.ms must be a whole number.',
  )
})

test('text that is not UTF-8 is refused', () => {
  expect(() => readServerProperties(Buffer.from([0x61, 0xff, 0xfe]))).toThrow('not valid UTF-8')
})

test.each([
  ['default.replication.factor', '0', 'must be at least 1'],
  ['replica.lag.time.max.ms', '9999', 'must be at least 10000'],
  ['replica.lag.time.max.ms', '30001', 'must be at most 30000'],
  ['replica.lag.time.max.ms', '30000', null],
  ['zookeeper.session.timeout.ms', '18001', 'must be at most 18000'],
  ['log.cleaner.min.cleanable.ratio', '1.5', 'must be between 0 and 1'],
  ['log.cleaner.min.cleanable.ratio', '', 'must be between 0 and 1'],
  ['log.cleaner.min.cleanable.ratio', '0.25', null],
  ['compression.type', 'brotli', 'must be one of gzip, snappy, lz4, zstd, uncompressed, producer'],
  ['log.cleanup.policy', 'compact, delete', null],
  ['log.cleanup.policy', 'shred', 'must hold only delete, compact'],
  ['log.retention.ms', '9223372036854775807', null],
  ['log.retention.bytes', '-2', 'must be at least -1'],
  ['num.io.threads', '2147483648', 'must be at most 2147483647'],
  ['listeners', 'PLAINTEXT://:9092', 'cannot be set in an MSK configuration'],
  ['__proto__', 'x', 'cannot be set in an MSK configuration'],
])('%s=%s is judged: %s', (key, value, problem) => {
  expect(propertyProblem(key, value)).toBe(problem)
})

test('properties that a version no longer has are left out of what its brokers run with', () => {
  expect(isRemovedFrom('log.message.timestamp.difference.max.ms', '3.6.0')).toBe(true)
  expect(isRemovedFrom('log.message.timestamp.difference.max.ms', '3.5.1')).toBe(false)
  expect(isRemovedFrom('zookeeper.session.timeout.ms', '3.9.x')).toBe(true)
  expect(isRemovedFrom('num.partitions', '4.0.x.kraft')).toBe(false)
})
