/** The shapes of acm-pca, written by `npm run freeze-models` from botocore's model: do not edit. */
export interface ASN1Subject {
  Country?: string | undefined
  Organization?: string | undefined
  OrganizationalUnit?: string | undefined
  DistinguishedNameQualifier?: string | undefined
  State?: string | undefined
  CommonName?: string | undefined
  SerialNumber?: string | undefined
  Locality?: string | undefined
  Title?: string | undefined
  Surname?: string | undefined
  GivenName?: string | undefined
  Initials?: string | undefined
  Pseudonym?: string | undefined
  GenerationQualifier?: string | undefined
  CustomAttributes?: CustomAttribute[] | undefined
}

export interface AccessDescription {
  AccessMethod: AccessMethod
  AccessLocation: GeneralName
}

export interface AccessMethod {
  CustomObjectIdentifier?: string | undefined
  AccessMethodType?: 'CA_REPOSITORY' | 'RESOURCE_PKI_MANIFEST' | 'RESOURCE_PKI_NOTIFY' | undefined
}

export interface ApiPassthrough {
  Extensions?: Extensions | undefined
  Subject?: ASN1Subject | undefined
}

export interface CertificateAuthority {
  Arn?: string | undefined
  OwnerAccount?: string | undefined
  CreatedAt?: Date | undefined
  LastStateChangeAt?: Date | undefined
  Type?: 'ROOT' | 'SUBORDINATE' | undefined
  Serial?: string | undefined
  Status?: 'CREATING' | 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DELETED' | 'DISABLED' | 'EXPIRED' | 'FAILED' | undefined
  NotBefore?: Date | undefined
  NotAfter?: Date | undefined
  FailureReason?: 'REQUEST_TIMED_OUT' | 'UNSUPPORTED_ALGORITHM' | 'OTHER' | undefined
  CertificateAuthorityConfiguration?: CertificateAuthorityConfiguration | undefined
  RevocationConfiguration?: RevocationConfiguration | undefined
  RestorableUntil?: Date | undefined
  KeyStorageSecurityStandard?:
    | 'FIPS_140_2_LEVEL_2_OR_HIGHER'
    | 'FIPS_140_2_LEVEL_3_OR_HIGHER'
    | 'CCPC_LEVEL_1_OR_HIGHER'
    | undefined
  UsageMode?: 'GENERAL_PURPOSE' | 'SHORT_LIVED_CERTIFICATE' | undefined
}

export interface CertificateAuthorityConfiguration {
  KeyAlgorithm:
    | 'RSA_2048'
    | 'RSA_3072'
    | 'RSA_4096'
    | 'EC_prime256v1'
    | 'EC_secp384r1'
    | 'EC_secp521r1'
    | 'ML_DSA_44'
    | 'ML_DSA_65'
    | 'ML_DSA_87'
    | 'SM2'
  SigningAlgorithm:
    | 'SHA256WITHECDSA'
    | 'SHA384WITHECDSA'
    | 'SHA512WITHECDSA'
    | 'SHA256WITHRSA'
    | 'SHA384WITHRSA'
    | 'SHA512WITHRSA'
    | 'SM3WITHSM2'
    | 'ML_DSA_44'
    | 'ML_DSA_65'
    | 'ML_DSA_87'
  Subject: ASN1Subject
  CsrExtensions?: CsrExtensions | undefined
}

export interface CreateCertificateAuthorityAuditReportRequest {
  CertificateAuthorityArn: string
  S3BucketName: string
  AuditReportResponseFormat: 'JSON' | 'CSV'
}

export interface CreateCertificateAuthorityAuditReportResponse {
  AuditReportId?: string | undefined
  S3Key?: string | undefined
}

export interface CreateCertificateAuthorityRequest {
  CertificateAuthorityConfiguration: CertificateAuthorityConfiguration
  RevocationConfiguration?: RevocationConfiguration | undefined
  CertificateAuthorityType: 'ROOT' | 'SUBORDINATE'
  IdempotencyToken?: string | undefined
  KeyStorageSecurityStandard?:
    | 'FIPS_140_2_LEVEL_2_OR_HIGHER'
    | 'FIPS_140_2_LEVEL_3_OR_HIGHER'
    | 'CCPC_LEVEL_1_OR_HIGHER'
    | undefined
  Tags?: Tag[] | undefined
  UsageMode?: 'GENERAL_PURPOSE' | 'SHORT_LIVED_CERTIFICATE' | undefined
}

export interface CreateCertificateAuthorityResponse {
  CertificateAuthorityArn?: string | undefined
}

export interface CreatePermissionRequest {
  CertificateAuthorityArn: string
  Principal: string
  SourceAccount?: string | undefined
  Actions: ('IssueCertificate' | 'GetCertificate' | 'ListPermissions')[]
}

export interface CrlConfiguration {
  Enabled: boolean
  ExpirationInDays?: number | undefined
  CustomCname?: string | undefined
  S3BucketName?: string | undefined
  S3ObjectAcl?: 'PUBLIC_READ' | 'BUCKET_OWNER_FULL_CONTROL' | undefined
  CrlDistributionPointExtensionConfiguration?: CrlDistributionPointExtensionConfiguration | undefined
  CrlType?: 'COMPLETE' | 'PARTITIONED' | undefined
  CustomPath?: string | undefined
}

export interface CrlDistributionPointExtensionConfiguration {
  OmitExtension: boolean
}

export interface CsrExtensions {
  KeyUsage?: KeyUsage | undefined
  SubjectInformationAccess?: AccessDescription[] | undefined
}

export interface CustomAttribute {
  ObjectIdentifier: string
  Value: string
}

export interface CustomExtension {
  ObjectIdentifier: string
  Value: string
  Critical?: boolean | undefined
}

export interface DeleteCertificateAuthorityRequest {
  CertificateAuthorityArn: string
  PermanentDeletionTimeInDays?: number | undefined
}

export interface DeletePermissionRequest {
  CertificateAuthorityArn: string
  Principal: string
  SourceAccount?: string | undefined
}

export interface DeletePolicyRequest {
  ResourceArn: string
}

export interface DescribeCertificateAuthorityAuditReportRequest {
  CertificateAuthorityArn: string
  AuditReportId: string
}

export interface DescribeCertificateAuthorityAuditReportResponse {
  AuditReportStatus?: 'CREATING' | 'SUCCESS' | 'FAILED' | undefined
  S3BucketName?: string | undefined
  S3Key?: string | undefined
  CreatedAt?: Date | undefined
}

export interface DescribeCertificateAuthorityRequest {
  CertificateAuthorityArn: string
}

export interface DescribeCertificateAuthorityResponse {
  CertificateAuthority?: CertificateAuthority | undefined
}

export interface EdiPartyName {
  PartyName: string
  NameAssigner?: string | undefined
}

export interface ExtendedKeyUsage {
  ExtendedKeyUsageType?:
    | 'SERVER_AUTH'
    | 'CLIENT_AUTH'
    | 'CODE_SIGNING'
    | 'EMAIL_PROTECTION'
    | 'TIME_STAMPING'
    | 'OCSP_SIGNING'
    | 'SMART_CARD_LOGIN'
    | 'DOCUMENT_SIGNING'
    | 'CERTIFICATE_TRANSPARENCY'
    | undefined
  ExtendedKeyUsageObjectIdentifier?: string | undefined
}

export interface Extensions {
  CertificatePolicies?: PolicyInformation[] | undefined
  ExtendedKeyUsage?: ExtendedKeyUsage[] | undefined
  KeyUsage?: KeyUsage | undefined
  SubjectAlternativeNames?: GeneralName[] | undefined
  CustomExtensions?: CustomExtension[] | undefined
}

export interface GeneralName {
  OtherName?: OtherName | undefined
  Rfc822Name?: string | undefined
  DnsName?: string | undefined
  DirectoryName?: ASN1Subject | undefined
  EdiPartyName?: EdiPartyName | undefined
  UniformResourceIdentifier?: string | undefined
  IpAddress?: string | undefined
  RegisteredId?: string | undefined
}

export interface GetCertificateAuthorityCertificateRequest {
  CertificateAuthorityArn: string
}

export interface GetCertificateAuthorityCertificateResponse {
  Certificate?: string | undefined
  CertificateChain?: string | undefined
}

export interface GetCertificateAuthorityCsrRequest {
  CertificateAuthorityArn: string
}

export interface GetCertificateAuthorityCsrResponse {
  Csr?: string | undefined
}

export interface GetCertificateRequest {
  CertificateAuthorityArn: string
  CertificateArn: string
}

export interface GetCertificateResponse {
  Certificate?: string | undefined
  CertificateChain?: string | undefined
}

export interface GetPolicyRequest {
  ResourceArn: string
}

export interface GetPolicyResponse {
  Policy?: string | undefined
}

export interface ImportCertificateAuthorityCertificateRequest {
  CertificateAuthorityArn: string
  Certificate: Uint8Array
  CertificateChain?: Uint8Array | undefined
}

export interface IssueCertificateRequest {
  ApiPassthrough?: ApiPassthrough | undefined
  CertificateAuthorityArn: string
  Csr: Uint8Array
  SigningAlgorithm:
    | 'SHA256WITHECDSA'
    | 'SHA384WITHECDSA'
    | 'SHA512WITHECDSA'
    | 'SHA256WITHRSA'
    | 'SHA384WITHRSA'
    | 'SHA512WITHRSA'
    | 'SM3WITHSM2'
    | 'ML_DSA_44'
    | 'ML_DSA_65'
    | 'ML_DSA_87'
  TemplateArn?: string | undefined
  Validity: Validity
  ValidityNotBefore?: Validity | undefined
  IdempotencyToken?: string | undefined
}

export interface IssueCertificateResponse {
  CertificateArn?: string | undefined
}

export interface KeyUsage {
  DigitalSignature?: boolean | undefined
  NonRepudiation?: boolean | undefined
  KeyEncipherment?: boolean | undefined
  DataEncipherment?: boolean | undefined
  KeyAgreement?: boolean | undefined
  KeyCertSign?: boolean | undefined
  CRLSign?: boolean | undefined
  EncipherOnly?: boolean | undefined
  DecipherOnly?: boolean | undefined
}

export interface ListCertificateAuthoritiesRequest {
  MaxResults?: number | undefined
  NextToken?: string | undefined
  ResourceOwner?: 'SELF' | 'OTHER_ACCOUNTS' | undefined
}

export interface ListCertificateAuthoritiesResponse {
  NextToken?: string | undefined
  CertificateAuthorities?: CertificateAuthority[] | undefined
}

export interface ListPermissionsRequest {
  MaxResults?: number | undefined
  NextToken?: string | undefined
  CertificateAuthorityArn: string
}

export interface ListPermissionsResponse {
  NextToken?: string | undefined
  Permissions?: Permission[] | undefined
}

export interface ListTagsRequest {
  MaxResults?: number | undefined
  NextToken?: string | undefined
  CertificateAuthorityArn: string
}

export interface ListTagsResponse {
  NextToken?: string | undefined
  Tags?: Tag[] | undefined
}

export interface OcspConfiguration {
  Enabled: boolean
  OcspCustomCname?: string | undefined
}

export interface OtherName {
  TypeId: string
  Value: string
}

export interface Permission {
  CertificateAuthorityArn?: string | undefined
  CreatedAt?: Date | undefined
  Principal?: string | undefined
  SourceAccount?: string | undefined
  Actions?: ('IssueCertificate' | 'GetCertificate' | 'ListPermissions')[] | undefined
  Policy?: string | undefined
}

export interface PolicyInformation {
  CertPolicyId: string
  PolicyQualifiers?: PolicyQualifierInfo[] | undefined
}

export interface PolicyQualifierInfo {
  PolicyQualifierId: 'CPS'
  Qualifier: Qualifier
}

export interface PutPolicyRequest {
  ResourceArn: string
  Policy: string
}

export interface Qualifier {
  CpsUri: string
}

export interface RestoreCertificateAuthorityRequest {
  CertificateAuthorityArn: string
}

export interface RevocationConfiguration {
  CrlConfiguration?: CrlConfiguration | undefined
  OcspConfiguration?: OcspConfiguration | undefined
}

export interface RevokeCertificateRequest {
  CertificateAuthorityArn: string
  CertificateSerial: string
  RevocationReason:
    | 'UNSPECIFIED'
    | 'KEY_COMPROMISE'
    | 'CERTIFICATE_AUTHORITY_COMPROMISE'
    | 'AFFILIATION_CHANGED'
    | 'SUPERSEDED'
    | 'CESSATION_OF_OPERATION'
    | 'PRIVILEGE_WITHDRAWN'
    | 'A_A_COMPROMISE'
}

export interface Tag {
  Key: string
  Value?: string | undefined
}

export interface TagCertificateAuthorityRequest {
  CertificateAuthorityArn: string
  Tags: Tag[]
}

export interface UntagCertificateAuthorityRequest {
  CertificateAuthorityArn: string
  Tags: Tag[]
}

export interface UpdateCertificateAuthorityRequest {
  CertificateAuthorityArn: string
  RevocationConfiguration?: RevocationConfiguration | undefined
  Status?: 'CREATING' | 'PENDING_CERTIFICATE' | 'ACTIVE' | 'DELETED' | 'DISABLED' | 'EXPIRED' | 'FAILED' | undefined
}

export interface Validity {
  Value: number
  Type: 'END_DATE' | 'ABSOLUTE' | 'DAYS' | 'MONTHS' | 'YEARS'
}

export interface Operations {
  readonly CreateCertificateAuthority: {
    readonly input: CreateCertificateAuthorityRequest
    readonly output: CreateCertificateAuthorityResponse
  }
  readonly CreateCertificateAuthorityAuditReport: {
    readonly input: CreateCertificateAuthorityAuditReportRequest
    readonly output: CreateCertificateAuthorityAuditReportResponse
  }
  readonly CreatePermission: { readonly input: CreatePermissionRequest; readonly output: Record<never, never> }
  readonly DeleteCertificateAuthority: {
    readonly input: DeleteCertificateAuthorityRequest
    readonly output: Record<never, never>
  }
  readonly DeletePermission: { readonly input: DeletePermissionRequest; readonly output: Record<never, never> }
  readonly DeletePolicy: { readonly input: DeletePolicyRequest; readonly output: Record<never, never> }
  readonly DescribeCertificateAuthority: {
    readonly input: DescribeCertificateAuthorityRequest
    readonly output: DescribeCertificateAuthorityResponse
  }
  readonly DescribeCertificateAuthorityAuditReport: {
    readonly input: DescribeCertificateAuthorityAuditReportRequest
    readonly output: DescribeCertificateAuthorityAuditReportResponse
  }
  readonly GetCertificate: { readonly input: GetCertificateRequest; readonly output: GetCertificateResponse }
  readonly GetCertificateAuthorityCertificate: {
    readonly input: GetCertificateAuthorityCertificateRequest
    readonly output: GetCertificateAuthorityCertificateResponse
  }
  readonly GetCertificateAuthorityCsr: {
    readonly input: GetCertificateAuthorityCsrRequest
    readonly output: GetCertificateAuthorityCsrResponse
  }
  readonly GetPolicy: { readonly input: GetPolicyRequest; readonly output: GetPolicyResponse }
  readonly ImportCertificateAuthorityCertificate: {
    readonly input: ImportCertificateAuthorityCertificateRequest
    readonly output: Record<never, never>
  }
  readonly IssueCertificate: { readonly input: IssueCertificateRequest; readonly output: IssueCertificateResponse }
  readonly ListCertificateAuthorities: {
    readonly input: ListCertificateAuthoritiesRequest
    readonly output: ListCertificateAuthoritiesResponse
  }
  readonly ListPermissions: { readonly input: ListPermissionsRequest; readonly output: ListPermissionsResponse }
  readonly ListTags: { readonly input: ListTagsRequest; readonly output: ListTagsResponse }
  readonly PutPolicy: { readonly input: PutPolicyRequest; readonly output: Record<never, never> }
  readonly RestoreCertificateAuthority: {
    readonly input: RestoreCertificateAuthorityRequest
    readonly output: Record<never, never>
  }
  readonly RevokeCertificate: { readonly input: RevokeCertificateRequest; readonly output: Record<never, never> }
  readonly TagCertificateAuthority: {
    readonly input: TagCertificateAuthorityRequest
    readonly output: Record<never, never>
  }
  readonly UntagCertificateAuthority: {
    readonly input: UntagCertificateAuthorityRequest
    readonly output: Record<never, never>
  }
  readonly UpdateCertificateAuthority: {
    readonly input: UpdateCertificateAuthorityRequest
    readonly output: Record<never, never>
  }
}
