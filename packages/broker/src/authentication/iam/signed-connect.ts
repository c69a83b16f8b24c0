/**
 * What a client of IAM access control sends to prove itself, whichever mechanism carried it: a request for
 * `kafka-cluster:Connect`, presigned by Signature Version 4 (msk.md §5.6, §5.7). Here it is only read; verify-connect.ts
 * checks it.
 */

export interface SignedConnect {
  /** The host that was signed, as sent. */
  readonly host: string
  /** What was signed as the query, in any order and escape: the canonical form is made of it. */
  readonly rawQuery: string
  readonly action: string
  readonly algorithm: string
  readonly accessKeyId: string
  /** `20261121`. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** `20261121T101500Z`. */
  readonly timestamp: string
  /** For how long it is good, from its timestamp. */
  readonly expiresSeconds: number
  readonly sessionToken: string | null
  readonly signedHeaders: string
  /** Lower-case hex. */
  readonly signature: string
}

/** A payload that is none. The message is a sentence for the operator and repeats nothing secret. */
export class MalformedTokenError extends Error {
  override readonly name = 'MalformedTokenError'
}

/** What clients send has some 2 KB with the longest session token. */
export const TOKEN_BYTES_MAX: number = 16 * 1024

/** @param fields parameters of the query by their names, decoded */
export function signedConnect(host: string, rawQuery: string, fields: ReadonlyMap<string, string>): SignedConnect {
  const needed = (name: string): string => {
    const value = fields.get(name)
    if (value === undefined || value === '') throw new MalformedTokenError(`The signed request lacks ${name}.`)
    return value
  }
  const expires = needed('X-Amz-Expires')
  // The JavaScript signer sends what is left of a credential's life as a fraction.
  if (!/^[0-9]{1,6}(\.[0-9]{1,12})?$/.test(expires))
    throw new MalformedTokenError('X-Amz-Expires must be a number of seconds.')
  const timestamp = needed('X-Amz-Date')
  if (!/^[0-9]{8}T[0-9]{6}Z$/.test(timestamp))
    throw new MalformedTokenError('X-Amz-Date must have the form YYYYMMDDTHHMMSSZ.')
  return {
    host,
    rawQuery,
    action: needed('Action'),
    algorithm: needed('X-Amz-Algorithm'),
    ...credentialOf(needed('X-Amz-Credential')),
    timestamp,
    expiresSeconds: Number(expires),
    sessionToken: fields.get('X-Amz-Security-Token') ?? null,
    signedHeaders: needed('X-Amz-SignedHeaders'),
    signature: needed('X-Amz-Signature'),
  }
}

function credentialOf(credential: string): Pick<SignedConnect, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const [accessKeyId = '', date = '', region = '', service = '', end, ...rest] = credential.split('/')
  if (!/^[\w]{1,128}$/.test(accessKeyId) || !/^[0-9]{8}$/.test(date) || end !== 'aws4_request' || rest.length > 0)
    throw new MalformedTokenError('X-Amz-Credential must have the form KEY/YYYYMMDD/REGION/SERVICE/aws4_request.')
  return { accessKeyId, date, region: region.slice(0, 64), service: service.slice(0, 64) }
}
