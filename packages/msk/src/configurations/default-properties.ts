/**
 * What MSK sets on a Standard broker when no configuration says otherwise (msk.md §4.3); the rest are Apache Kafka's own
 * defaults. One value is ours: MSK elects unclean leaders by default and may so lose acknowledged records; here that
 * has to be asked for (docs/differences.md).
 */
export function defaultProperties(zoneCount: number): Readonly<Record<string, string>> {
  return {
    'allow.everyone.if.no.acl.found': 'true',
    'auto.create.topics.enable': 'false',
    'auto.leader.rebalance.enable': 'true',
    'default.replication.factor': String(zoneCount),
    'min.insync.replicas': zoneCount >= 3 ? '2' : '1',
    'num.io.threads': '8',
    'num.network.threads': '5',
    'num.partitions': '1',
    'num.replica.fetchers': '2',
    'replica.lag.time.max.ms': '30000',
    'socket.receive.buffer.bytes': '102400',
    'socket.request.max.bytes': '104857600',
    'socket.send.buffer.bytes': '102400',
    'unclean.leader.election.enable': 'false',
  }
}
