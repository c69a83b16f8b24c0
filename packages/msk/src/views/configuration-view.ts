import type { Configuration as SdkConfiguration, ConfigurationRevision } from '../sdk-types.ts'
import type { Configuration, Revision } from '../store/records.ts'

/** @param latest the newest of its revisions */
export function configurationView(configuration: Configuration, latest: Revision): SdkConfiguration {
  return {
    Arn: configuration.arn,
    CreationTime: new Date(configuration.createdAt),
    Description: configuration.description,
    KafkaVersions: [...configuration.kafkaVersions],
    LatestRevision: revisionView(latest),
    Name: configuration.name,
    State: 'ACTIVE',
  }
}

export function revisionView(revision: Revision): ConfigurationRevision {
  return { CreationTime: new Date(revision.createdAt), Description: revision.description, Revision: revision.revision }
}
