/** What a broker's refusal is called in the Topics API (msk.md §1.2). */
import { type AwsError, type ErrorName, kafkaError } from '@millrace/aws/errors'
import { KafkaError } from '@millrace/client/kafka-error'

/** Kafka's error name → AWS exception; everything else that a broker refuses is a KafkaRequestException. */
export const topicExceptions: Readonly<Record<string, ErrorName>> = {
  TOPIC_ALREADY_EXISTS: 'TopicExistsException',
  UNKNOWN_TOPIC_OR_PARTITION: 'UnknownTopicOrPartitionException',
  UNKNOWN_TOPIC_ID: 'UnknownTopicOrPartitionException',
  REQUEST_TIMED_OUT: 'KafkaTimeoutException',
  NETWORK_EXCEPTION: 'ClusterConnectivityException',
  BROKER_NOT_AVAILABLE: 'ClusterConnectivityException',
  NOT_CONTROLLER: 'NotControllerException',
  REASSIGNMENT_IN_PROGRESS: 'ReassignmentInProgressException',
  GROUP_SUBSCRIBED_TO_TOPIC: 'GroupSubscribedToTopicException',
}

/** Exceptions that operations which only read do not declare, and what they answer instead. */
const forReaders: Readonly<Partial<Record<ErrorName, ErrorName>>> = {
  UnknownTopicOrPartitionException: 'NotFoundException',
  KafkaTimeoutException: 'ServiceUnavailableException',
  ClusterConnectivityException: 'ServiceUnavailableException',
  NotControllerException: 'ServiceUnavailableException',
  KafkaRequestException: 'BadRequestException',
}

export function topicError(error: unknown, options: { readonly reading: boolean }): unknown {
  if (!(error instanceof KafkaError)) return error
  const name = topicExceptions[error.name] ?? 'KafkaRequestException'
  const answered: AwsError = kafkaError(options.reading ? (forReaders[name] ?? name) : name, {
    message: error.message,
    cause: error,
  })
  return answered
}
