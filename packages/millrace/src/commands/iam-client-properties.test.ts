import { expect, it } from 'vitest'
import { iamClientProperties } from './iam-client-properties.ts'

const connection = { brokers: ['a:1', 'b:2'], caFile: '/ca.pem', region: 'eu-west-1' }

it('Java is told what the AWS documentation writes, and whom to trust', () => {
  expect(iamClientProperties.java(connection).split('\n').slice(1, -1)).toEqual([
    'bootstrap.servers=a:1,b:2',
    'security.protocol=SASL_SSL',
    'ssl.truststore.type=PEM',
    'ssl.truststore.location=/ca.pem',
    'sasl.mechanism=AWS_MSK_IAM',
    'sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;',
    'sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler',
  ])
})

it('every other client signs for the region of the cluster by OAUTHBEARER', () => {
  for (const kind of ['librdkafka', 'kafkajs', 'python'] as const) {
    expect(iamClientProperties[kind](connection)).toMatch(/oauthbearer/i)
    expect(iamClientProperties[kind](connection)).toContain('eu-west-1')
    expect(iamClientProperties[kind](connection)).toContain('/ca.pem')
  }
})
