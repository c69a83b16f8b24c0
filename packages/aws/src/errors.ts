/**
 * The AWS answers that say no. One table names every exception that code of ours may raise: its HTTP status and who is
 * at fault. An error carries two messages, one for the caller and one for the operator's log with the cause, and
 * becomes a wire answer once, in the protocol of the service that was called (protocols/). Members of the exception
 * besides the message (`InvalidParameter`) are named as the model names them.
 */

export type Fault = 'client' | 'server'

interface ErrorKind {
  readonly status: number
  readonly fault: Fault
}

const client = (status: number): ErrorKind => ({ status, fault: 'client' })
const server = (status: number): ErrorKind => ({ status, fault: 'server' })

/** Exception name → status and fault. A test compares the rows that a served model declares with that model. */
export const errorKinds = {
  // Common to the services' models.
  BadRequestException: client(400),
  UnauthorizedException: client(401),
  ForbiddenException: client(403),
  NotFoundException: client(404),
  ConflictException: client(409),
  TooManyRequestsException: client(429),
  InternalServerErrorException: server(500),
  ServiceUnavailableException: server(503),
  // The topic operations of kafka.
  TopicExistsException: client(409),
  ClusterConnectivityException: client(409),
  KafkaTimeoutException: client(409),
  ControllerMovedException: client(409),
  NotControllerException: client(409),
  ReassignmentInProgressException: client(409),
  GroupSubscribedToTopicException: client(409),
  UnknownTopicOrPartitionException: client(404),
  KafkaRequestException: client(400),
  // iam and sts.
  NoSuchEntityException: client(404),
  EntityAlreadyExistsException: client(409),
  InvalidInputException: client(400),
  // Raised by the front door, for every service.
  InvalidSignatureException: client(403),
  UnrecognizedClientException: client(403),
  MissingAuthenticationTokenException: client(403),
  IncompleteSignatureException: client(400),
  ExpiredTokenException: client(403),
  AccessDeniedException: client(403),
  ValidationException: client(400),
  SerializationException: client(400),
  UnknownOperationException: client(404),
  RequestEntityTooLargeException: client(413),
  RequestTimeoutException: client(408),
  NotImplementedException: server(501),
  InternalFailure: server(500),
} as const satisfies Record<string, ErrorKind>

export type ErrorName = keyof typeof errorKinds

export interface AwsErrorOptions {
  /** For the caller: what is wrong, and what to do next where that is not plain. */
  readonly message: string
  /** Members of the exception besides its message, under the model's names. */
  readonly members?: Readonly<Record<string, unknown>>
  /** For the operator's log only. */
  readonly operatorMessage?: string
  readonly cause?: unknown
}

/** An answer of the AWS API that says no. */
export class AwsError extends Error {
  override readonly name: ErrorName
  readonly status: number
  readonly fault: Fault
  readonly members: Readonly<Record<string, unknown>>
  readonly operatorMessage: string | null

  constructor(name: ErrorName, options: AwsErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = name
    this.status = errorKinds[name].status
    this.fault = errorKinds[name].fault
    this.members = options.members ?? {}
    this.operatorMessage = options.operatorMessage ?? null
  }
}

export interface KafkaErrorOptions {
  readonly message: string
  /** The wire name of the member at fault (`clusterName`, `brokerNodeGroupInfo.clientSubnets`). */
  readonly invalidParameter?: string
  readonly operatorMessage?: string
  readonly cause?: unknown
}

/** An exception of the kafka model, all of which have the same two members. */
export function kafkaError(name: ErrorName, options: KafkaErrorOptions): AwsError {
  const { invalidParameter, ...rest } = options
  return new AwsError(name, invalidParameter === undefined ? rest : { ...rest, members: { InvalidParameter: invalidParameter } })
}

export function badRequest(options: KafkaErrorOptions): AwsError {
  return kafkaError('BadRequestException', options)
}

export function unauthorized(options: KafkaErrorOptions): AwsError {
  return kafkaError('UnauthorizedException', options)
}

export function forbidden(options: KafkaErrorOptions): AwsError {
  return kafkaError('ForbiddenException', options)
}

export function notFound(options: KafkaErrorOptions): AwsError {
  return kafkaError('NotFoundException', options)
}

export function conflict(options: KafkaErrorOptions): AwsError {
  return kafkaError('ConflictException', options)
}

export function tooManyRequests(options: KafkaErrorOptions): AwsError {
  return kafkaError('TooManyRequestsException', options)
}

export function internalServerError(options: KafkaErrorOptions): AwsError {
  return kafkaError('InternalServerErrorException', options)
}

export function serviceUnavailable(options: KafkaErrorOptions): AwsError {
  return kafkaError('ServiceUnavailableException', options)
}
