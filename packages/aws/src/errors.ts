/**
 * The AWS answers that say no. One table names every exception that code of ours may raise: its HTTP status and who is
 * at fault. An error carries two messages, one for the caller and one for the operator's log with the cause, and
 * becomes a wire answer once, in the protocol of the service that was called (protocols/). Members of the exception
 * besides the message (`InvalidParameter`) are named as the model names them.
 */

export type Fault = 'client' | 'server'

/** Exception name → HTTP status; 5xx is the server's fault. A test compares the rows that a served model declares with that model. */
export const errorStatus = {
  // Common to the models of kafka and its like.
  BadRequestException: 400,
  UnauthorizedException: 401,
  ForbiddenException: 403,
  NotFoundException: 404,
  ConflictException: 409,
  TooManyRequestsException: 429,
  InternalServerErrorException: 500,
  ServiceUnavailableException: 503,
  // The topic operations of kafka.
  TopicExistsException: 409,
  ClusterConnectivityException: 409,
  KafkaTimeoutException: 409,
  ControllerMovedException: 409,
  NotControllerException: 409,
  ReassignmentInProgressException: 409,
  GroupSubscribedToTopicException: 409,
  UnknownTopicOrPartitionException: 404,
  KafkaRequestException: 400,
  // iam.
  NoSuchEntityException: 404,
  EntityAlreadyExistsException: 409,
  InvalidInputException: 400,
  DeleteConflictException: 409,
  UnmodifiableEntityException: 400,
  // sts.
  PackedPolicyTooLargeException: 400,
  InvalidAuthorizationMessageException: 400,
  LimitExceededException: 409,
  // kms; awsJson answers 400 to all of these (protocols/aws-json.ts).
  AlreadyExistsException: 409,
  DisabledException: 409,
  DryRunOperationException: 412,
  IncorrectKeyException: 400,
  InvalidAliasNameException: 400,
  InvalidArnException: 400,
  InvalidCiphertextException: 400,
  InvalidGrantIdException: 400,
  InvalidGrantTokenException: 400,
  InvalidKeyUsageException: 400,
  InvalidMarkerException: 400,
  KMSInvalidStateException: 409,
  TagException: 400,
  UnsupportedOperationException: 400,
  // secretsmanager, and some of kms.
  DecryptionFailure: 400,
  EncryptionFailure: 400,
  InvalidNextTokenException: 400,
  InvalidParameterException: 400,
  InvalidRequestException: 400,
  MalformedPolicyDocumentException: 400,
  PublicPolicyException: 400,
  ResourceExistsException: 400,
  ResourceNotFoundException: 400,
  // acm-pca; awsJson answers 400 to all of these.
  CertificateMismatchException: 400,
  InvalidArgsException: 400,
  InvalidStateException: 400,
  InvalidTagException: 400,
  MalformedCertificateException: 400,
  MalformedCSRException: 400,
  RequestAlreadyProcessedException: 400,
  TooManyTagsException: 400,
  // ec2, whose model names none of its errors.
  CannotDelete: 400,
  DependencyViolation: 400,
  DryRunOperation: 412,
  'Gateway.NotAttached': 400,
  'InvalidAssociationID.NotFound': 400,
  'InvalidGroup.Duplicate': 400,
  'InvalidGroup.NotFound': 400,
  'InvalidGroup.Reserved': 400,
  InvalidID: 400,
  'InvalidInternetGatewayID.NotFound': 400,
  'InvalidNetworkInterfaceID.NotFound': 400,
  InvalidParameterCombination: 400,
  InvalidParameterValue: 400,
  'InvalidPermission.Duplicate': 400,
  'InvalidPermission.NotFound': 400,
  'InvalidRoute.NotFound': 400,
  'InvalidRouteTableID.NotFound': 400,
  'InvalidSecurityGroupRuleId.NotFound': 400,
  'InvalidSubnet.Conflict': 400,
  'InvalidSubnet.Range': 400,
  'InvalidSubnetID.NotFound': 400,
  'InvalidVpc.Range': 400,
  'InvalidVpcID.NotFound': 400,
  MissingParameter: 400,
  'Resource.AlreadyAssociated': 400,
  RouteAlreadyExists: 400,
  RulesPerSecurityGroupLimitExceeded: 400,
  // Raised by the front door for every service; `queryCodes` has their names in the query protocols.
  InvalidSignatureException: 403,
  UnrecognizedClientException: 403,
  MissingAuthenticationTokenException: 403,
  IncompleteSignatureException: 400,
  ExpiredTokenException: 403,
  AccessDeniedException: 403,
  ValidationException: 400,
  SerializationException: 400,
  UnknownOperationException: 404,
  RequestEntityTooLargeException: 413,
  RequestTimeoutException: 408,
  NotImplementedException: 501,
  InternalFailure: 500,
} as const

/** What the query protocols call the front door's own errors, where the names differ. Source: the common errors page of the IAM and STS API references. */
export const queryCodes: Readonly<Partial<Record<ErrorName, string>>> = {
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  ExpiredTokenException: 'ExpiredToken',
  AccessDeniedException: 'AccessDenied',
  ValidationException: 'ValidationError',
  SerializationException: 'MalformedQueryString',
  UnknownOperationException: 'InvalidAction',
  NotImplementedException: 'NotImplemented',
  RequestEntityTooLargeException: 'RequestEntityTooLarge',
  RequestTimeoutException: 'RequestExpired',
}

export type ErrorName = keyof typeof errorStatus

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
    this.status = errorStatus[name]
    this.fault = this.status >= 500 ? 'server' : 'client'
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
  return new AwsError(
    name,
    invalidParameter === undefined ? rest : { ...rest, members: { InvalidParameter: invalidParameter } },
  )
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
