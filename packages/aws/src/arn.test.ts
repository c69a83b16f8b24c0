import { expect, test } from 'vitest'
import { formatArn, parseArn, resourceParts } from './arn.ts'

test('an ARN is taken apart and put together again', () => {
  const text = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/5f1d-2'
  const arn = parseArn(text)
  expect(arn).toEqual({
    partition: 'aws',
    service: 'kafka',
    region: 'us-east-1',
    accountId: '000000000000',
    resource: 'cluster/demo/5f1d-2',
  })
  expect(arn === null ? '' : formatArn(arn)).toBe(text)
  expect(arn === null ? [] : resourceParts(arn)).toEqual(['cluster', 'demo', '5f1d-2'])
})

test('region and account may be empty, and a resource may hold colons', () => {
  expect(parseArn('arn:aws:s3:::bucket/key')).toMatchObject({ region: '', accountId: '', resource: 'bucket/key' })
  expect(parseArn('arn:aws:logs:us-east-1:000000000000:log-group:a:*')?.resource).toBe('log-group:a:*')
})

test.each([
  '',
  'arn',
  'arn:aws:kafka:us-east-1:000000000000',
  'arn:aws:kafka:us-east-1:123:cluster/x',
  'urn:aws:kafka:us-east-1:000000000000:x',
  'arn:aws:kafka:us-east-1:000000000000:',
])('%s is no ARN', (text) => {
  expect(parseArn(text)).toBeNull()
})
