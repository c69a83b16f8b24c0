/** Kafka's Java tools with AWS's own login module, as AWS's documentation has it. */
import type { AccessKey } from './iam.ts'
import { kafkaJavaArgs, mskIamAuthClassPath } from './judges.ts'
import type { MillraceProcess } from './millrace.ts'
import { run, type RunResult } from './run.ts'

/** client.properties of AWS's developer guide. */
export const IAM_CLIENT_PROPERTIES = `security.protocol=SASL_SSL
sasl.mechanism=AWS_MSK_IAM
sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;
sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler
`

export interface JavaByIamOptions {
  readonly millrace: MillraceProcess
  readonly key: AccessKey
  /** Of Apache Kafka. */
  readonly release: string
  readonly main: string
  readonly args: readonly string[]
  readonly input?: string | undefined
}

/** A tool with the environment of `millrace env` and this key. */
export async function javaByIam({ millrace, key, release, main, args, input }: JavaByIamOptions): Promise<RunResult> {
  const variables = JSON.parse((await millrace.cli('env', '--json')).stdout) as Record<string, string>
  const [xmx = '', ...rest] = kafkaJavaArgs(release, [main, ...args])
  const classPath = rest.indexOf('-cp') + 1
  rest[classPath] = `${rest[classPath] ?? ''}:${mskIamAuthClassPath()}`
  return run('java', [xmx, ...(variables['KAFKA_OPTS'] ?? '').split(' '), ...rest], {
    ...(input === undefined ? {} : { input }),
    environment: { ...variables, AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
  })
}
