/**
 * A connection with IAM access control in the words of each client library. Credentials are not printed: each client's AWS
 * library finds them where AWS tools do (`millrace env` sets them).
 */
import type { ClientKind } from './client-properties.ts'

export interface IamConnection {
  readonly brokers: readonly string[]
  /** PEM of the authority to trust. */
  readonly caFile: string
  /** The cluster's: signatures are for it. */
  readonly region: string
}

export const iamClientProperties: Readonly<Record<ClientKind, (connection: IamConnection) => string>> = {
  // As the AWS documentation has it; the region comes from AWS_REGION, since local host names hold none.
  java: ({
    brokers,
    caFile,
    region,
  }) => `# on the class path: software.amazon.msk:aws-msk-iam-auth; AWS_REGION=${region}
bootstrap.servers=${brokers.join(',')}
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=${caFile}
sasl.mechanism=AWS_MSK_IAM
sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;
sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler
`,
  librdkafka: ({
    brokers,
    caFile,
    region,
  }) => `# librdkafka asks the program for tokens (oauth_cb, rd_kafka_conf_set_oauthbearer_token_refresh_cb):
# give it those of an AWS signer for the region ${region}
bootstrap.servers=${brokers.join(',')}
security.protocol=sasl_ssl
ssl.ca.location=${caFile}
sasl.mechanisms=OAUTHBEARER
`,
  kafkajs: ({ brokers, caFile, region }) => `import { readFileSync } from 'node:fs'
import { generateAuthToken } from 'aws-msk-iam-sasl-signer-js'

export default {
  brokers: ${JSON.stringify(brokers)},
  ssl: { ca: [readFileSync(${JSON.stringify(caFile)}, 'utf8')] },
  sasl: {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: (await generateAuthToken({ region: ${JSON.stringify(region)} })).token }),
  },
}
`,
  python: ({ brokers, caFile, region }) => `from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka.sasl.oauth import AbstractTokenProvider


class TokenProvider(AbstractTokenProvider):
    def token(self):
        return MSKAuthTokenProvider.generate_auth_token(${JSON.stringify(region)})[0]


config = {
    "bootstrap_servers": ${JSON.stringify(brokers)},
    "security_protocol": "SASL_SSL",
    "ssl_cafile": ${JSON.stringify(caFile)},
    "sasl_mechanism": "OAUTHBEARER",
    "sasl_oauth_token_provider": TokenProvider(),
}
`,
}
