/** Broker keys of KRaft, the quorum, quotas and delegation tokens. */
import type { ConfigDefinition, DefinitionOptions } from '../definition.ts'
import { LONG_MAX, bool, className, int, list, long, password, text } from '../definition.ts'

const wide: DefinitionOptions = { scope: 'cluster-wide' }
const atLeastOne: DefinitionOptions = { min: 1 }

// prettier-ignore
export const kraftConfigs: readonly ConfigDefinition[] = [
  int('alter.log.dirs.replication.quota.window.num', 11, 'Samples kept for the quota of moves between log directories.', atLeastOne),
  int('alter.log.dirs.replication.quota.window.size.seconds', 1, 'Length in seconds of such a sample.', atLeastOne),
  int('broker.heartbeat.interval.ms', 2000, 'How often a broker sends heartbeats.'),
  int('broker.session.timeout.ms', 9000, 'Time without heartbeat after which a broker is fenced.'),
  className('client.quota.callback.class', null, 'Class that decides client quotas.'),
  text('controller.listener.names', null, 'Listeners of the controller.'),
  int('controller.quorum.append.linger.ms', 25, 'How long the controller gathers records before it writes.'),
  list('controller.quorum.bootstrap.servers', '', 'Addresses at which controllers are found.'),
  int('controller.quorum.election.backoff.max.ms', 1000, 'Longest pause between elections.'),
  int('controller.quorum.election.timeout.ms', 1000, 'How long a candidate waits for votes.'),
  int('controller.quorum.fetch.timeout.ms', 2000, 'How long a follower goes without fetching before it stands for election.'),
  int('controller.quorum.request.timeout.ms', 2000, 'Timeout of quorum requests.'),
  int('controller.quorum.retry.backoff.ms', 20, 'Pause before a quorum request is repeated.'),
  list('controller.quorum.voters', '', 'Voters as id@host:port.'),
  int('controller.quota.window.num', 11, 'Samples kept for the quota of controller mutations.', atLeastOne),
  int('controller.quota.window.size.seconds', 1, 'Length in seconds of such a sample.', atLeastOne),
  long('delegation.token.expiry.check.interval.ms', 3_600_000, 'How often expired delegation tokens are removed.', atLeastOne),
  long('delegation.token.expiry.time.ms', 86_400_000, 'How long a delegation token lives without renewal.', atLeastOne),
  long('delegation.token.max.lifetime.ms', 604_800_000, 'How long a delegation token lives at most.', atLeastOne),
  password('delegation.token.secret.key', null, 'Secret from which delegation tokens are made.'),
  bool('eligible.leader.replicas.enable', false, 'Whether eligible leader replicas are kept (KIP-966).'),
  long('follower.replication.throttled.rate', LONG_MAX, 'Bytes per second a follower fetches for throttled replicas.', { ...wide, min: 0 }),
  int('initial.broker.registration.timeout.ms', 60_000, 'How long a broker tries to register before it gives up.'),
  long('leader.replication.throttled.rate', LONG_MAX, 'Bytes per second a leader sends to throttled replicas.', { ...wide, min: 0 }),
  text('metadata.log.dir', null, 'Directory of the metadata log; not set: the first log directory.'),
  long('metadata.log.max.record.bytes.between.snapshots', 20_971_520, 'Bytes of metadata records after which a snapshot is taken.', atLeastOne),
  long('metadata.log.max.snapshot.interval.ms', 3_600_000, 'Time after which a snapshot is taken if there are new records; 0 switches this off.', { min: 0 }),
  int('metadata.log.segment.bytes', 1_073_741_824, 'Segment size of the metadata log.', { min: 12 }),
  long('metadata.log.segment.ms', 604_800_000, 'Time after which a segment of the metadata log is closed.'),
  int('metadata.max.idle.interval.ms', 500, 'How often the active controller writes a NoOp record when idle; 0 switches this off.', { min: 0 }),
  long('metadata.max.retention.bytes', 104_857_600, 'Size of metadata log and snapshots beyond which old snapshots are removed.'),
  long('metadata.max.retention.ms', 604_800_000, 'Age at which old metadata snapshots are removed.'),
  int('node.id', -1, 'Id of the node, unique among brokers and controllers.', { min: -1 }),
  list('process.roles', '', 'Roles of the process: broker, controller or both.', { oneOf: ['broker', 'controller'] }),
  int('quota.window.num', 11, 'Samples kept for client quotas.', atLeastOne),
  int('quota.window.size.seconds', 1, 'Length in seconds of such a sample.', atLeastOne),
  long('replica.alter.log.dirs.io.max.bytes.per.second', LONG_MAX, 'Bytes per second for moves between log directories.', { ...wide, min: 0 }),
  int('replication.quota.window.num', 11, 'Samples kept for replication quotas.', atLeastOne),
  int('replication.quota.window.size.seconds', 1, 'Length in seconds of such a sample.', atLeastOne),
  text('sasl.mechanism.controller.protocol', 'GSSAPI', 'SASL mechanism towards controllers.'),
  bool('zookeeper.metadata.migration.enable', false, 'Whether metadata is migrated from ZooKeeper.'),
]
