/**
 * The judges: programs that are not ours. A judge that is missing skips its tests with the reason, unless
 * MILLRACE_REQUIRE names it: then the skip is a failure.
 */
import { appendFileSync } from 'node:fs'
import { run, runOk, type RunOptions, type RunResult } from './run.ts'

type JudgeName =
  | 'kcat'
  | 'aws'
  | 'boto3'
  | 'java'
  | 'msk-iam-auth'
  | 'python-kafka'
  | 'connect'
  | 'franz-go'
  | 'franz-go-admin'
  | 'librdkafka'
  | 'kafkajs-tests'
  | 'gcc'

interface JudgeModule {
  findJudge(name: JudgeName): { readonly path?: string; readonly reason?: string }
  kafkaClassPath(release: string): string
  readonly connectClassPath: () => string
  readonly mskIamAuthClassPath: () => string
  readonly kafkaHome: (release: string) => string
  readonly kafkajsTestModules: () => string
  readonly librdkafkaVersion: string
  readonly franzGoVersion: string
  readonly franzGoAdminVersion: string
  readonly kafkaReleases: readonly string[]
  readonly kafkaShareRelease: string
}

const judges = (await import(new URL('../../scripts/judges.mjs', import.meta.url).href)) as JudgeModule

export const kafkaReleases: readonly string[] = judges.kafkaReleases
export const kafkaShareRelease: string = judges.kafkaShareRelease
export const librdkafkaVersion: string = judges.librdkafkaVersion
export const franzGoVersion: string = judges.franzGoVersion
export const franzGoAdminVersion: string = judges.franzGoAdminVersion
/** A directory shaped like an unpacked Apache Kafka: libs and scripts. */
export const kafkaHome: (release: string) => string = judges.kafkaHome
/** Where the packages stand that kafkajs's tests import. */
export const kafkajsTestModules: () => string = judges.kafkajsTestModules
export const connectClassPath: () => string = judges.connectClassPath
export const mskIamAuthClassPath: () => string = judges.mskIamAuthClassPath

/** The judge's path, or null after noting why it is skipped; throws if MILLRACE_REQUIRE demands it. */
export function judge(name: JudgeName): string | null {
  const found = judges.findJudge(name)
  if (found.path !== undefined) return found.path
  const reason = `${name}: ${found.reason ?? 'not found'}`
  const required = (process.env['MILLRACE_REQUIRE'] ?? '').split(',')
  if (required.includes(name)) throw new Error(`MILLRACE_REQUIRE demands a judge that cannot be had. ${reason}`)
  const skips = process.env['MILLRACE_SKIPS']
  if (skips !== undefined) appendFileSync(skips, `${reason}\n`)
  return null
}

/** Main classes of Kafka's command-line tools, by the name of the script that starts them; they moved between releases. */
function mainClass(tool: string, release: string): string {
  const old = release.startsWith('3.')
  switch (tool) {
    case 'kafka-topics':
      return 'org.apache.kafka.tools.TopicCommand'
    case 'kafka-console-producer':
      return old ? 'kafka.tools.ConsoleProducer' : 'org.apache.kafka.tools.ConsoleProducer'
    case 'kafka-console-consumer':
      return 'org.apache.kafka.tools.consumer.ConsoleConsumer'
    case 'kafka-consumer-groups':
      return 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
    case 'kafka-configs':
      return 'kafka.admin.ConfigCommand'
    case 'kafka-get-offsets':
      return 'org.apache.kafka.tools.GetOffsetShell'
    case 'kafka-log-dirs':
      return 'org.apache.kafka.tools.LogDirsCommand'
    case 'kafka-dump-log':
      return 'kafka.tools.DumpLogSegments'
    case 'kafka-reassign-partitions':
      return 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand'
    case 'kafka-leader-election':
      return 'org.apache.kafka.tools.LeaderElectionCommand'
    case 'kafka-metadata-quorum':
      return 'org.apache.kafka.tools.MetadataQuorumCommand'
    case 'kafka-delete-records':
      return 'org.apache.kafka.tools.DeleteRecordsCommand'
    case 'kafka-cluster':
      return 'org.apache.kafka.tools.ClusterTool'
    case 'kafka-transactions':
      return 'org.apache.kafka.tools.TransactionsCommand'
    case 'transactional-message-copier':
      return 'org.apache.kafka.tools.TransactionalMessageCopier'
    case 'kafka-producer-perf-test':
      return 'org.apache.kafka.tools.ProducerPerformance'
    case 'kafka-consumer-perf-test':
      return 'org.apache.kafka.tools.ConsumerPerformance'
    case 'kafka-client-metrics':
      return 'org.apache.kafka.tools.ClientMetricsCommand'
    case 'kafka-acls':
      return old ? 'kafka.admin.AclCommand' : 'org.apache.kafka.tools.AclCommand'
    case 'kafka-features':
      return 'org.apache.kafka.tools.FeatureCommand'
    case 'kafka-verifiable-producer':
      return 'org.apache.kafka.tools.VerifiableProducer'
    case 'kafka-verifiable-consumer':
      return 'org.apache.kafka.tools.VerifiableConsumer'
    case 'client-compatibility-test':
      return 'org.apache.kafka.tools.ClientCompatibilityTest'
    case 'kafka-broker-api-versions':
      return old ? 'kafka.admin.BrokerApiVersionsCommand' : 'org.apache.kafka.tools.BrokerApiVersionsCommand'
    case 'kafka-e2e-latency':
      return 'org.apache.kafka.tools.EndToEndLatency'
    case 'kafka-streams-application-reset':
      return 'org.apache.kafka.tools.StreamsResetter'
    case 'kafka-groups':
      return 'org.apache.kafka.tools.GroupsCommand'
    case 'kafka-console-share-consumer':
      return 'org.apache.kafka.tools.consumer.ConsoleShareConsumer'
    case 'kafka-share-groups':
      return 'org.apache.kafka.tools.consumer.group.ShareGroupCommand'
    case 'kafka-verifiable-share-consumer':
      return 'org.apache.kafka.tools.VerifiableShareConsumer'
    default:
      throw new Error(`no main class known for ${tool}`)
  }
}

const classPaths = new Map<string, string>()

/** Arguments for `java` that start one of Kafka's tools. */
export function kafkaToolArgs(release: string, tool: string, args: readonly string[]): string[] {
  return kafkaJavaArgs(release, [mainClass(tool, release), ...args])
}

/**
 * Arguments for `java` with Kafka's jars: a main class or a source file, and what it is told. Small heap and C1 only: these
 * are short-lived.
 */
export function kafkaJavaArgs(release: string, program: readonly string[]): string[] {
  let classPath = classPaths.get(release)
  if (classPath === undefined) {
    classPath = judges.kafkaClassPath(release)
    classPaths.set(release, classPath)
  }
  return ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', classPath, ...program]
}

/** Runs `kafka-<tool>.sh`'s main class of `release`. */
export function kafkaTool(
  release: string,
  tool: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return run('java', kafkaToolArgs(release, tool, args), options)
}

/** As `kafkaTool`, and throws unless it ended with status 0. */
export function kafkaToolOk(
  release: string,
  tool: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return runOk('java', kafkaToolArgs(release, tool, args), options)
}
