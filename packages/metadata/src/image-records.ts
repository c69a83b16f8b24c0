/** The records of a snapshot: replaying them on an empty image gives `image` (order of kafka-records §1.6). */
import type { BrokerRegistration, MetadataImage, TopicImage } from './image.ts'
import { RecordType } from './records/metadata-record.ts'
import type { MetadataRecord } from './records/metadata-record.ts'
import { METADATA_VERSION_FEATURE, MetadataLevel, partitionVersion, registerBrokerVersion } from './record-versions.ts'

export function* imageRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  const level = image.features.get(METADATA_VERSION_FEATURE) ?? 0
  yield* featureRecords(image)
  if (level >= MetadataLevel.ZK_MIGRATION_STATE) {
    yield { type: RecordType.ZK_MIGRATION_STATE, version: 0, body: { zkMigrationState: image.zkMigrationState } }
  }
  for (const broker of image.brokers.values()) yield brokerRecord(broker, registerBrokerVersion(level))
  for (const controller of image.controllers.values()) {
    yield {
      type: RecordType.REGISTER_CONTROLLER,
      version: 0,
      body: {
        controllerId: controller.id,
        incarnationId: controller.incarnationId,
        zkMigrationReady: false,
        endPoints: [...controller.endpoints],
        features: [...controller.features],
      },
    }
  }
  for (const topic of image.topicsById.values()) yield* topicRecords(topic, partitionVersion(level))
  yield* configRecords(image)
  for (const quota of image.clientQuotas.values()) {
    for (const [key, value] of quota.values) {
      yield {
        type: RecordType.CLIENT_QUOTA,
        version: 0,
        body: { entity: [...quota.entity], key, value, remove: false },
      }
    }
  }
  if (image.nextProducerId > 0) {
    yield {
      type: RecordType.PRODUCER_IDS,
      version: 0,
      body: { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId },
    }
  }
  for (const acl of image.acls.values()) yield { type: RecordType.ACCESS_CONTROL_ENTRY, version: 0, body: acl }
  for (const credential of image.scramCredentials.values()) {
    yield { type: RecordType.USER_SCRAM_CREDENTIAL, version: 0, body: credential }
  }
  for (const token of image.delegationTokens.values()) {
    yield { type: RecordType.DELEGATION_TOKEN, version: 0, body: { ...token, renewers: [...token.renewers] } }
  }
}

/** metadata.version comes first: it tells the reader how to read the rest. */
function* featureRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  const names = [...image.features.keys()].filter((name) => name !== METADATA_VERSION_FEATURE).sort()
  for (const name of [METADATA_VERSION_FEATURE, ...names]) {
    const featureLevel = image.features.get(name)
    if (featureLevel === undefined) continue
    yield { type: RecordType.FEATURE_LEVEL, version: 0, body: { name, featureLevel } }
  }
}

function brokerRecord(broker: BrokerRegistration, version: number): MetadataRecord {
  return {
    type: RecordType.REGISTER_BROKER,
    version,
    body: {
      brokerId: broker.id,
      isMigratingZkBroker: false,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: [...broker.endpoints],
      features: [...broker.features],
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: version >= 3 ? [...broker.directoryIds] : [],
    },
  }
}

function* topicRecords(topic: TopicImage, version: number): Generator<MetadataRecord, void, undefined> {
  yield { type: RecordType.TOPIC, version: 0, body: { name: topic.name, topicId: topic.id } }
  for (const [partitionId, partition] of topic.partitions.entries()) {
    yield {
      type: RecordType.PARTITION,
      version,
      body: {
        partitionId,
        topicId: topic.id,
        replicas: [...partition.replicas],
        isr: [...partition.isr],
        removingReplicas: [...partition.removingReplicas],
        addingReplicas: [...partition.addingReplicas],
        leader: partition.leader,
        leaderRecoveryState: partition.leaderRecoveryState,
        leaderEpoch: partition.leaderEpoch,
        partitionEpoch: partition.partitionEpoch,
        directories: version >= 1 ? [...partition.directories] : [],
        eligibleLeaderReplicas:
          version >= 2 && partition.eligibleLeaderReplicas.length > 0 ? [...partition.eligibleLeaderReplicas] : null,
        lastKnownElr: version >= 2 && partition.lastKnownElr.length > 0 ? [...partition.lastKnownElr] : null,
      },
    }
  }
}

function* configRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  for (const [key, values] of image.configs) {
    const colon = key.indexOf(':')
    const resourceType = Number(key.slice(0, colon))
    const resourceName = key.slice(colon + 1)
    for (const [name, value] of values) {
      yield { type: RecordType.CONFIG, version: 0, body: { resourceType, resourceName, name, value } }
    }
  }
}
