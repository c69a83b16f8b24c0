/**
 * Finds the signature in a request: in the Authorization header or, presigned, in the query. Nothing is checked here but
 * the form. Source: the pages on Signature Version 4 of the IAM user guide.
 */
import { AwsError } from '../errors.ts'
import { header, type ApiRequest } from '../protocols/protocol.ts'

export interface SignedRequest {
  readonly accessKeyId: string
  /** `20260501`. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** Lower-case, in the order signed. */
  readonly signedHeaders: readonly string[]
  /** Hex. */
  readonly signature: string
  /** `20260501T120000Z`. */
  readonly timestamp: string
  /** Seconds for which a presigned request holds; null: signed by header. */
  readonly expiresSeconds: number | null
  readonly sessionToken: string | null
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Null: the request carries no signature at all. Throws IncompleteSignatureException for a malformed one. */
export function readSignature(request: ApiRequest): SignedRequest | null {
  const authorization = header(request, 'authorization')
  if (authorization !== '') return readHeader(request, authorization)
  const query = queryParameters(request.rawQuery)
  return query.has('X-Amz-Signature') || query.has('X-Amz-Credential') || query.has('X-Amz-Algorithm')
    ? readQuery(query)
    : null
}

function readHeader(request: ApiRequest, authorization: string): SignedRequest {
  const space = authorization.indexOf(' ')
  if (authorization.slice(0, space) !== ALGORITHM) {
    throw incomplete(`Authorization must begin with '${ALGORITHM}'. Sign requests with Signature Version 4.`)
  }
  const fields = new Map<string, string>()
  for (const field of authorization.slice(space + 1).split(',')) {
    const equals = field.indexOf('=')
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim())
  }
  const timestamp = header(request, 'x-amz-date') || basicDate(header(request, 'date'))
  if (timestamp === '')
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  return {
    ...scopeOf(needed(fields, 'Credential')),
    signedHeaders: needed(fields, 'SignedHeaders').split(';'),
    signature: needed(fields, 'Signature'),
    timestamp: checkedTimestamp(timestamp),
    expiresSeconds: null,
    sessionToken: header(request, 'x-amz-security-token') || null,
  }
}

function readQuery(query: ReadonlyMap<string, string>): SignedRequest {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw incomplete(`X-Amz-Algorithm must be '${ALGORITHM}'.`)
  const expires = needed(query, 'X-Amz-Expires')
  if (!/^[0-9]{1,6}$/.test(expires)) throw incomplete('X-Amz-Expires must be a number of seconds of at most 604800.')
  return {
    ...scopeOf(needed(query, 'X-Amz-Credential')),
    signedHeaders: needed(query, 'X-Amz-SignedHeaders').split(';'),
    signature: needed(query, 'X-Amz-Signature'),
    timestamp: checkedTimestamp(needed(query, 'X-Amz-Date')),
    expiresSeconds: Number(expires),
    sessionToken: query.get('X-Amz-Security-Token') ?? null,
  }
}

function scopeOf(credential: string): Pick<SignedRequest, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const parts = credential.split('/')
  const [date = '', region = '', service = '', end = ''] = parts.slice(-4)
  const accessKeyId = parts.slice(0, -4).join('/')
  if (
    accessKeyId === '' ||
    !/^[0-9]{8}$/.test(date) ||
    !/^[a-z0-9-]{1,32}$/.test(region) ||
    !/^[a-z0-9-]{1,64}$/.test(service) ||
    end !== 'aws4_request'
  ) {
    throw incomplete('Credential must have the form ACCESS_KEY_ID/YYYYMMDD/REGION/SERVICE/aws4_request.')
  }
  return { accessKeyId, date, region, service }
}

function needed(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name)
  if (value === undefined || value === '') throw incomplete(`The signature lacks '${name}'.`)
  return value
}

function checkedTimestamp(text: string): string {
  if (!/^[0-9]{8}T[0-9]{6}Z$/.test(text))
    throw incomplete("The date of the signature must have the form 'YYYYMMDDTHHMMSSZ'.")
  return text
}

/** A Date header in the form that is signed. */
function basicDate(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')}`
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignatureException', { message })
}

function queryParameters(rawQuery: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    if (equals > 0) parameters.set(pair.slice(0, equals), decode(pair.slice(equals + 1)))
  }
  return parameters
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw incomplete('The query string is not valid percent-encoded UTF-8.')
  }
}
