/**
 * The encoded messages by which EC2 tells why a call was denied: who may call sts:DecodeAuthorizationMessage reads the details,
 * the caller does not. Sealed by the master key, so that nobody reads or makes one without us. Source: DecodeAuthorizationMessage
 * of the STS API reference.
 */
import type { ApiAuthorization } from '@millrace/aws/authorize'
import { AwsError } from '@millrace/aws/errors'
import { explain, type Decision } from '@millrace/policy/evaluate'
import { openSealed, seal, SealBrokenError } from '../sealing/seal.ts'

/** Services whose denials are told so. */
const encoding: ReadonlySet<string> = new Set(['ec2'])
const about = Buffer.from('sts authorization message')

export class AuthorizationMessages {
  readonly #masterKey: Uint8Array

  constructor(masterKey: Uint8Array) {
    this.#masterKey = masterKey
  }

  /** What the caller of a denied call is told. */
  denialOf(service: string, request: ApiAuthorization, decision: Decision): string {
    const reason = explain(request, decision)
    if (!encoding.has(service)) return reason
    const encoded = seal(this.#masterKey, Buffer.from(JSON.stringify(detailsOf(request, decision))), about)
    return `You are not authorized to perform this operation. ${reason}. Encoded authorization failure message: ${encoded.toString('base64url')}`
  }

  /** JSON. Throws InvalidAuthorizationMessageException. */
  decode(message: string): string {
    try {
      return openSealed(this.#masterKey, Buffer.from(message, 'base64url'), about).toString()
    } catch (cause) {
      if (!(cause instanceof SealBrokenError)) throw cause
      throw new AwsError('InvalidAuthorizationMessageException', {
        message: 'The encoded authorization message is not one that was made here.',
        cause,
      })
    }
  }
}

function detailsOf({ principal, action, resource, values }: ApiAuthorization, decision: Decision): object {
  const items = [...values].map(([key, all]) => ({ key, values: { items: all.map((value) => ({ value })) } }))
  return {
    allowed: decision.allowed,
    explicitDeny: decision.reason === 'explicit-deny',
    matchedStatements: { items: decision.statement === null ? [] : [{ ...decision.statement, set: decision.set }] },
    failures: { items: decision.statement === null ? [{ set: decision.set }] : [] },
    context: {
      principal: { id: principal.userId, arn: principal.arn },
      action,
      resource,
      conditions: { items },
    },
  }
}
