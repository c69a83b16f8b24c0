#!/usr/bin/env node
/** The `millrace` command. Each verb is a file of commands/, loaded when it is called. */
import { Command, Option } from 'commander'
import { StatusLine } from './status-line.ts'
import { UserError } from './user-error.ts'
import { VERSION } from './version.ts'

const dataDir = (): Option =>
  new Option('--data-dir <directory>', 'where clusters and state live (default: ~/.millrace)').env('MILLRACE_DATA_DIR')
const json = (): Option => new Option('--json', 'print JSON')
const cluster = (): Option => new Option('--cluster <name>', 'the cluster (may be left out when there is only one)')
const bootstrap = (): Option =>
  new Option('--bootstrap-server <host:port,…>', 'any Kafka cluster, instead of one of this Millrace')

const program = new Command('millrace')
  .description('Amazon MSK, self-hosted: the AWS API with real Kafka clusters behind it.')
  .version(VERSION)

program
  .command('start')
  .description('start Millrace in the foreground')
  .addOption(
    new Option('--port <port>', 'port of the AWS API; 0 takes a free one').default('4566').env('MILLRACE_PORT'),
  )
  .addOption(
    new Option('--host <address>', 'address that the API and the brokers listen on')
      .default('127.0.0.1')
      .env('MILLRACE_HOST'),
  )
  .addOption(
    new Option('--region <region>', 'region of unsigned calls and of the demo cluster')
      .default('us-east-1')
      .env('MILLRACE_REGION'),
  )
  .addOption(dataDir())
  .addOption(
    new Option('--mtls-revocation', 'clusters refuse client certificates that their private CA has revoked').env(
      'MILLRACE_MTLS_REVOCATION',
    ),
  )
  .addOption(
    new Option(
      '--mtls-principal-mapping <rules>',
      "names of principals by rules, as Kafka's ssl.principal.mapping.rules (default: the whole subject, as on MSK)",
    ).env('MILLRACE_MTLS_PRINCIPAL_MAPPING'),
  )
  .addOption(new Option('--ephemeral', 'keep nothing: clusters end with this process').env('MILLRACE_EPHEMERAL'))
  .addOption(
    new Option(
      '--random-ports',
      'new clusters take random ports, and leave 9092 and its kin to others on this machine',
    ).env('MILLRACE_RANDOM_PORTS'),
  )
  .addOption(
    new Option(
      '--client-address-map <cidr=address...>',
      'clients of a network count as coming from another address, and as members of no security group',
    ).env('MILLRACE_CLIENT_ADDRESS_MAP'),
  )
  .addOption(new Option('--demo', 'also create a cluster `demo` and prove that it works').env('MILLRACE_DEMO'))
  .addOption(
    new Option(
      '--encrypt-at-rest <when>',
      'whose data is encrypted: of clusters with a KMS key of their own, or of all',
    )
      .choices(['customer-key', 'always'])
      .default('customer-key')
      .env('MILLRACE_ENCRYPT_AT_REST'),
  )
  .addOption(
    new Option(
      '--simulate-limits',
      "brokers let in no more new IAM connections per second than MSK's of their type",
    ).env('MILLRACE_SIMULATE_LIMITS'),
  )
  .addOption(new Option('--json', 'tell progress as JSON lines').env('MILLRACE_JSON'))
  .action(async (options) => {
    const status = new StatusLine(options.json !== true)
    try {
      status.show('loading the program')
      const { start } = await import('./commands/start.ts')
      await start(options, status)
    } finally {
      status.clear()
    }
  })

program
  .command('stop')
  .description('stop Millrace and its brokers')
  .addOption(dataDir())
  .option('--keep-brokers', 'let the brokers run on; the next start finds them')
  .addOption(json())
  .action(async (options) => (await import('./commands/stop.ts')).stop(options))

program
  .command('status')
  .description('clusters and nodes')
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/status.ts')).status(options))

program
  .command('env')
  .description('variables that aim AWS tools at this Millrace: eval "$(millrace env)"')
  .addOption(new Option('--shell <shell>', 'bash, fish, powershell or json').default('bash'))
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/env.ts')).env(options))

program
  .command('ca')
  .description("the authority that signs the brokers' certificates, for clients to trust")
  .addOption(new Option('--format <format>', 'how').choices(['pem', 'jks']).default('pem'))
  .option('--out <file>', 'write it there instead of printing it')
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/ca.ts')).ca(options))

program
  .command('properties <cluster>')
  .description('a client configuration that works as it is printed')
  .addOption(new Option('--auth <kind>', 'how to connect').choices(['plaintext', 'tls', 'scram', 'iam']).default('tls'))
  .option('--user <name>', 'whose SCRAM login, where a cluster has several')
  .option('--certificate <file>', "mutual TLS: the client's certificate, its chain after it (PEM)")
  .option('--key <file>', "mutual TLS: the client's private key (PEM)")
  .addOption(
    new Option('--for <client>', 'whose configuration')
      .choices(['java', 'librdkafka', 'kafkajs', 'python'])
      .default('java'),
  )
  .addOption(dataDir())
  .addOption(json())
  .action(async (name, options) => (await import('./commands/properties.ts')).properties(name, options))

program
  .command('why')
  .description('who was refused what and why, and what would allow it')
  .option('--last <time>', 'how far to look back: 90s, 10m, 2h, 1d', '1h')
  .option('--principal <name>', 'only of this principal: User:alice, alice, or an ARN')
  .option('--cluster <name>', 'only at this cluster')
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/why.ts')).why(options))

program
  .command('doctor')
  .description('try an address as a client would, and say what is wrong; for any Kafka')
  .option('--bootstrap <host:port,…>', 'the address')
  .option('--command-config <file>', "the client's own configuration (Java or librdkafka)")
  .addOption(
    new Option('--auth <kind>', 'what the client is told; iam signs with the AWS credentials of this shell').choices([
      'plaintext',
      'tls',
      'scram',
      'iam',
    ]),
  )
  .option('--user <name>', 'log in as this user, with the password in MILLRACE_PASSWORD')
  .option('--ca <file>', 'PEM of the authorities to trust, and no others')
  .option('--cert <file>', 'PEM of the certificate to show')
  .option('--key <file>', 'PEM of its key')
  .option('--timeout <seconds>', 'for each step', '5')
  .addHelpText(
    'after',
    '\nExit status: 0 all is well, 2 not reachable, 3 another protocol, 4 certificate, 5 login, 6 an advertised address.',
  )
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/doctor.ts')).doctor(options))

program
  .command('audit')
  .description('the API calls of late: who called what, and the answer')
  .option('--last <time>', 'how far to look back: 90s, 10m, 2h, 1d', '1h')
  .option('--limit <count>', 'the newest so many', '100')
  .option('--refused', 'only calls that were refused')
  .option('--principal <name>', 'only of this principal: an ARN, or the name at its end')
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/audit.ts')).audit(options))

const acls = program.command('acls').description("who may do what: Kafka's ACLs, with kafka-acls.sh's options")
const aboutResources = (command: Command): Command =>
  command
    .addOption(cluster())
    .option('--topic <name...>', "topics; '*' is all")
    .option('--group <name...>', 'consumer groups')
    .option('--transactional-id <id...>', 'transactional ids')
    .option('--delegation-token <id...>', 'delegation tokens')
    .option('--user-principal <principal...>', 'users whose tokens it is about')
    .option('--kafka-cluster', 'the cluster as a whole (--cluster of kafka-acls.sh)')
    .option('--resource-pattern-type <type>', 'literal or prefixed; list and remove also know any and match')
const aboutWhom = (command: Command): Command =>
  aboutResources(command)
    .option('--allow-principal <principal...>', 'User:alice, or User:* for everyone')
    .option('--deny-principal <principal...>', 'who is denied it')
    .option('--allow-host <address...>', 'from where; anywhere if left out')
    .option('--deny-host <address...>', 'from where it is denied')
    .option('--operation <operation...>', 'Read, Write, Create, Delete, Alter, Describe, …; All if left out')
    .option('--producer', 'what a producer of the topics needs')
    .option('--consumer', 'what a consumer of the topics in the group needs')
    .option('--idempotent', 'with --producer: what an idempotent one needs')
    .option('--dry-run', 'change nothing; tell whom it would lock out and let in')
const toWhere = (command: Command): Command => command.addOption(bootstrap()).addOption(dataDir()).addOption(json())
toWhere(aboutResources(acls.command('list')).option('--principal <principal...>', 'only of these')).action(
  async (options) => (await import('./commands/acls.ts')).listAcls(options),
)
toWhere(aboutWhom(acls.command('add'))).action(async (options) => (await import('./commands/acls.ts')).addAcls(options))
toWhere(aboutWhom(acls.command('remove')))
  .option('--force', 'accepted as kafka-acls.sh does; nothing is asked anyway')
  .action(async (options) => (await import('./commands/acls.ts')).removeAcls(options))

const topics = program.command('topics').description('create, list, describe and delete topics')
topics
  .command('create <topic>')
  .addOption(cluster())
  .option('--partitions <count>', 'number of partitions (default: as the cluster is configured)')
  .option('--replication-factor <count>', 'replicas of each partition (default: as the cluster is configured)')
  .option('--config <key=value...>', 'topic configuration')
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (topic, options) => (await import('./commands/topics.ts')).createTopic(topic, options))
topics
  .command('list')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/topics.ts')).listTopics(options))
topics
  .command('describe <topic>')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (topic, options) => (await import('./commands/topics.ts')).describeTopic(topic, options))
topics
  .command('delete <topic>')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (topic, options) => (await import('./commands/topics.ts')).deleteTopic(topic, options))

program
  .command('produce <topic>')
  .description('write each line of standard input as a record')
  .addOption(cluster())
  .option('--key-separator <text>', 'what stands before it in a line is the key')
  .option('--partition <number>', 'write to this partition only')
  .addOption(
    new Option('--compression <codec>', 'codec of the batches')
      .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
      .default('none'),
  )
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (topic, options) => (await import('./commands/produce.ts')).produce(topic, options))

program
  .command('consume <topic>')
  .description('print records')
  .addOption(cluster())
  .option('--from-beginning', 'start with the oldest records')
  .option('--max-messages <count>', 'end after so many records')
  .option('--key-separator <text>', 'print the key and this before the value')
  .option('--exit-at-end', 'end when all partitions have been read to their end')
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (topic, options) => (await import('./commands/consume.ts')).consume(topic, options))

const groups = program.command('groups').description('list, describe and delete consumer groups')
groups
  .command('list')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (options) => (await import('./commands/groups.ts')).listGroups(options))
groups
  .command('describe <group>')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (group, options) => (await import('./commands/groups.ts')).describeGroup(group, options))
groups
  .command('delete <group>')
  .addOption(cluster())
  .addOption(bootstrap())
  .addOption(dataDir())
  .addOption(json())
  .action(async (group, options) => (await import('./commands/groups.ts')).deleteGroup(group, options))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof UserError) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
}
// Clients and timers of a finished command must not keep it alive; what was printed is flushed first.
process.stdout.write('', () => process.exit())
