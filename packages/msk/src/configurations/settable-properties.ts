/**
 * The properties that an MSK configuration may set (msk.md §4.2) with their types and limits. Everything else belongs
 * to MSK (broker.id, listeners, log.dirs, security.*, ssl.*, sasl.*, …) and is refused.
 */

export type PropertyRule =
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly min?: number; readonly max?: number }
  /** 64 bits: only its form is checked beyond 2^53. */
  | { readonly type: 'long'; readonly min?: number }
  | { readonly type: 'number'; readonly min: number; readonly max: number }
  | { readonly type: 'one-of'; readonly values: readonly string[] }
  | { readonly type: 'list-of'; readonly values: readonly string[] }

const boolean: PropertyRule = { type: 'boolean' }
const count: PropertyRule = { type: 'integer', min: 1 }
const atLeastZero: PropertyRule = { type: 'long', min: 0 }
const retention: PropertyRule = { type: 'long', min: -1 }
const bufferBytes: PropertyRule = { type: 'integer', min: -1 }
const timestampDifference: PropertyRule = { type: 'long', min: 0 }
const zookeeperTimeout: PropertyRule = { type: 'integer', min: 6000, max: 18_000 }

export const settableProperties: Readonly<Record<string, PropertyRule>> = {
  'allow.everyone.if.no.acl.found': boolean,
  'auto.create.topics.enable': boolean,
  'delete.topic.enable': boolean,
  'default.replication.factor': count,
  'num.partitions': count,
  'min.insync.replicas': count,
  'unclean.leader.election.enable': boolean,
  'compression.type': { type: 'one-of', values: ['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed', 'producer'] },
  'message.max.bytes': { type: 'integer', min: 0 },
  'log.message.timestamp.type': { type: 'one-of', values: ['CreateTime', 'LogAppendTime'] },
  'log.message.timestamp.difference.max.ms': timestampDifference,
  'log.message.timestamp.before.max.ms': timestampDifference,
  'log.message.timestamp.after.max.ms': timestampDifference,
  'log.cleanup.policy': { type: 'list-of', values: ['delete', 'compact'] },
  'log.retention.bytes': retention,
  'log.retention.ms': retention,
  'log.retention.minutes': { type: 'integer', min: -1 },
  'log.retention.hours': { type: 'integer', min: -1 },
  'log.roll.ms': { type: 'long', min: 1 },
  'log.segment.bytes': { type: 'integer', min: 14 },
  'log.flush.interval.messages': { type: 'long', min: 1 },
  'log.flush.interval.ms': atLeastZero,
  'log.cleaner.delete.retention.ms': atLeastZero,
  'log.cleaner.min.cleanable.ratio': { type: 'number', min: 0, max: 1 },
  'group.initial.rebalance.delay.ms': { type: 'integer', min: 0 },
  'group.max.session.timeout.ms': { type: 'integer', min: 1 },
  'group.min.session.timeout.ms': { type: 'integer', min: 1 },
  'offsets.retention.minutes': count,
  'offsets.topic.replication.factor': count,
  'num.replica.fetchers': count,
  'replica.fetch.max.bytes': { type: 'integer', min: 0 },
  'replica.fetch.response.max.bytes': { type: 'integer', min: 0 },
  'replica.lag.time.max.ms': { type: 'long', min: 10_000 },
  'replica.selector.class': { type: 'one-of', values: ['org.apache.kafka.common.replica.RackAwareReplicaSelector'] },
  'replica.socket.receive.buffer.bytes': bufferBytes,
  'leader.imbalance.per.broker.percentage': { type: 'integer', min: 0 },
  'num.io.threads': count,
  'num.network.threads': count,
  'num.recovery.threads.per.data.dir': count,
  'connections.max.idle.ms': { type: 'long' },
  'max.incremental.fetch.session.cache.slots': { type: 'integer', min: 0 },
  'socket.receive.buffer.bytes': bufferBytes,
  'socket.send.buffer.bytes': bufferBytes,
  'socket.request.max.bytes': count,
  'transaction.max.timeout.ms': count,
  'transaction.state.log.min.isr': count,
  'transaction.state.log.replication.factor': count,
  'transactional.id.expiration.ms': count,
  'zookeeper.connection.timeout.ms': zookeeperTimeout,
  'zookeeper.session.timeout.ms': zookeeperTimeout,
  // Ours, not MSK's: how much of a produced batch a broker checks (docs/differences.md).
  'millrace.validate.records': { type: 'one-of', values: ['all', 'header'] },
}

const REPLICA_LAG_MS_MAX = 30_000

/** What is wrong with the value, as the end of a sentence that begins with the property's name; null when it is right. */
export function propertyProblem(key: string, value: string): string | null {
  const rule = Object.hasOwn(settableProperties, key) ? settableProperties[key] : undefined
  if (rule === undefined) return 'cannot be set in an MSK configuration'
  if (key === 'replica.lag.time.max.ms' && Number(value) > REPLICA_LAG_MS_MAX)
    return `must be at most ${REPLICA_LAG_MS_MAX}`
  switch (rule.type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? null : 'must be true or false'
    case 'integer':
      return integerProblem(value, rule.min ?? -2_147_483_648, rule.max ?? 2_147_483_647)
    case 'long':
      return integerProblem(value, rule.min ?? Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    case 'number': {
      const number = Number(value)
      return value !== '' && number >= rule.min && number <= rule.max
        ? null
        : `must be between ${rule.min} and ${rule.max}`
    }
    case 'one-of':
      return rule.values.includes(value) ? null : `must be one of ${rule.values.join(', ')}`
    case 'list-of':
      return value.split(',').every((item) => rule.values.includes(item.trim()))
        ? null
        : `must hold only ${rule.values.join(', ')}`
  }
}

function integerProblem(value: string, min: number, max: number): string | null {
  if (!/^-?\d{1,19}$/.test(value)) return 'must be a whole number'
  if (Number(value) < min) return `must be at least ${min}`
  if (Number(value) > max) return `must be at most ${max}`
  return null
}

/**
 * True for a property that may stand in a configuration (it serves clusters of several versions) but that brokers of
 * this version no longer have: the timestamp difference is gone from 3.6 on, and no node here speaks to ZooKeeper.
 */
export function isRemovedFrom(key: string, kafkaVersion: string): boolean {
  if (key.startsWith('zookeeper.')) return true
  const [major = 0, minor = 0] = kafkaVersion.split('.').map(Number)
  return key === 'log.message.timestamp.difference.max.ms' && (major > 3 || minor >= 6)
}
