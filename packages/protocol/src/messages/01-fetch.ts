/**
 * Fetch: reads whole record batches. For consumers and, with a replica id, for followers; may wait for data.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const fetchRequest = {
  kind: 'request',
  apiKey: 1,
  name: 'FetchRequest',
  versions: '0-18',
  flexibleVersions: '12+',
  fields: [
    {
      name: 'clusterId',
      type: 'string',
      versions: '12+',
      nullableVersions: '12+',
      default: null,
      tag: 0,
      ignorable: true,
      about: 'Sent by raft replicas, checked if present.',
    },
    {
      name: 'replicaId',
      type: 'int32',
      versions: '0-14',
      default: -1,
      about: 'Broker id of the follower; -1: a consumer.',
    },
    {
      name: 'replicaState',
      type: 'struct',
      versions: '15+',
      tag: 1,
      about: 'The follower and its broker epoch (KIP-903).',
      fields: [
        { name: 'replicaId', type: 'int32', default: -1, about: 'Broker id of the follower; -1: a consumer.' },
        { name: 'replicaEpoch', type: 'int64', default: -1, about: 'Broker epoch of the follower; -1: not known.' },
      ],
    },
    { name: 'maxWaitMs', type: 'int32', about: 'How long to wait for minBytes, ms.' },
    { name: 'minBytes', type: 'int32', about: 'Answer when this much is there.' },
    {
      name: 'maxBytes',
      type: 'int32',
      versions: '3+',
      default: 0x7fff_ffff,
      ignorable: true,
      about: 'A limit that the first batch may exceed.',
    },
    {
      name: 'isolationLevel',
      type: 'int8',
      versions: '4+',
      ignorable: true,
      about: '0: read uncommitted, 1: read committed (up to the last stable offset).',
    },
    { name: 'sessionId', type: 'int32', versions: '7+', ignorable: true, about: 'Fetch session (KIP-227); 0: none.' },
    {
      name: 'sessionEpoch',
      type: 'int32',
      versions: '7+',
      default: -1,
      ignorable: true,
      about: '-1: no session, 0: begin one, else the next in the session.',
    },
    {
      name: 'topics',
      type: '[]struct',
      about: 'Partitions to fetch; in a session only those that are new or changed.',
      fields: [
        { name: 'topic', type: 'string', versions: '0-12', ignorable: true },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '13+',
          ignorable: true,
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            {
              name: 'currentLeaderEpoch',
              type: 'int32',
              versions: '9+',
              default: -1,
              ignorable: true,
              about: "Leader epoch that the sender knows, checked against the broker's; -1: do not check.",
            },
            { name: 'fetchOffset', type: 'int64' },
            {
              name: 'lastFetchedEpoch',
              type: 'int32',
              versions: '12+',
              default: -1,
              about: 'Leader epoch of the last record fetched, to find divergence (KIP-595); -1: consumer.',
            },
            {
              name: 'logStartOffset',
              type: 'int64',
              versions: '5+',
              default: -1,
              ignorable: true,
              about: "The follower's own; -1: consumer.",
            },
            { name: 'partitionMaxBytes', type: 'int32', about: 'A limit that the first batch may exceed.' },
            {
              name: 'replicaDirectoryId',
              type: 'uuid',
              versions: '17+',
              tag: 0,
              ignorable: true,
              about: 'Log directory of the replica.',
            },
            {
              name: 'highWatermark',
              type: 'int64',
              versions: '18+',
              default: 9_223_372_036_854_776_000,
              tag: 1,
              ignorable: true,
              about: 'High watermark that the replica knows; 2^63-1: not told (KIP-1166).',
            },
          ],
        },
      ],
    },
    {
      name: 'forgottenTopicsData',
      type: '[]struct',
      versions: '7+',
      about: 'Partitions to take out of the session.',
      fields: [
        { name: 'topic', type: 'string', versions: '7-12', ignorable: true },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '13+',
          ignorable: true,
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        { name: 'partitions', type: '[]int32' },
      ],
    },
    {
      name: 'rackId',
      type: 'string',
      versions: '11+',
      ignorable: true,
      about: 'Rack of the client; empty or null: none told.',
    },
  ],
} as const

export const fetchResponse = {
  kind: 'response',
  apiKey: 1,
  name: 'FetchResponse',
  versions: '0-18',
  flexibleVersions: '12+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      versions: '7+',
      errors: [
        'FETCH_SESSION_ID_NOT_FOUND',
        'INVALID_FETCH_SESSION_EPOCH',
        'FETCH_SESSION_TOPIC_ID_ERROR',
        'INCONSISTENT_CLUSTER_ID',
      ],
    },
    { name: 'sessionId', type: 'int32', versions: '7+', about: '0: no session.' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string', versions: '0-12' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '13+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'OFFSET_OUT_OF_RANGE',
                'UNKNOWN_TOPIC_OR_PARTITION',
                'NOT_LEADER_OR_FOLLOWER',
                'REPLICA_NOT_AVAILABLE',
                'TOPIC_AUTHORIZATION_FAILED',
                'KAFKA_STORAGE_ERROR',
                'FENCED_LEADER_EPOCH',
                'UNKNOWN_LEADER_EPOCH',
                'UNSUPPORTED_COMPRESSION_TYPE',
                'OFFSET_MOVED_TO_TIERED_STORAGE',
                'UNKNOWN_TOPIC_ID',
                'INCONSISTENT_TOPIC_ID',
              ],
            },
            {
              name: 'highWatermark',
              type: 'int64',
              about: 'Offset after the last record that all in-sync replicas have.',
            },
            {
              name: 'lastStableOffset',
              type: 'int64',
              versions: '4+',
              default: -1,
              about: 'Offset before which all transactions are decided.',
            },
            { name: 'logStartOffset', type: 'int64', versions: '5+', default: -1 },
            {
              name: 'divergingEpoch',
              type: 'struct',
              versions: '12+',
              tag: 0,
              about: "Where the follower's log parts from the leader's (KIP-595).",
              fields: [
                { name: 'epoch', type: 'int32', default: -1, about: '-1: no divergence.' },
                { name: 'endOffset', type: 'int64', default: -1 },
              ],
            },
            {
              name: 'currentLeader',
              type: 'struct',
              versions: '12+',
              tag: 1,
              about:
                'Told with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH, so that no metadata request is needed (KIP-951).',
              fields: [
                { name: 'leaderId', type: 'int32', default: -1, about: 'Broker id of the leader; -1: none.' },
                { name: 'leaderEpoch', type: 'int32', default: -1 },
              ],
            },
            {
              name: 'snapshotId',
              type: 'struct',
              versions: '12+',
              tag: 2,
              about: 'The snapshot to fetch first (metadata log).',
              fields: [
                { name: 'endOffset', type: 'int64', default: -1 },
                { name: 'epoch', type: 'int32', default: -1 },
              ],
            },
            {
              name: 'abortedTransactions',
              type: '[]struct',
              versions: '4+',
              nullableVersions: '4+',
              about: 'Aborted transactions that reach into the records; null unless read committed.',
              fields: [
                { name: 'producerId', type: 'int64' },
                { name: 'firstOffset', type: 'int64' },
              ],
            },
            {
              name: 'preferredReadReplica',
              type: 'int32',
              versions: '11+',
              default: -1,
              about: 'Broker to fetch from instead (KIP-392); -1: none.',
            },
            {
              name: 'records',
              type: 'records',
              nullableVersions: '0+',
              about: 'Whole batches; the last may be cut off.',
            },
          ],
        },
      ],
    },
    {
      name: 'nodeEndpoints',
      type: '[]struct',
      versions: '16+',
      tag: 0,
      about: 'Where the leaders named in CurrentLeader listen (KIP-951).',
      fields: [
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'rack', type: 'string', nullableVersions: '0+', default: null },
      ],
    },
  ],
} as const

export type FetchRequest = Decoded<typeof fetchRequest>
export type FetchRequestInput = Encodable<typeof fetchRequest>
export type FetchResponse = Decoded<typeof fetchResponse>
export type FetchResponseInput = Encodable<typeof fetchResponse>
