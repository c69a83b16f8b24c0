import type { Decision } from '@millrace/policy/evaluate'
import type { Principal } from '@millrace/policy/principal'

/** One API call as it went: what CloudTrail tells. */
export interface ApiCallEvent {
  /** Of arrival, ms since the epoch. */
  readonly timeMs: number
  readonly durationMs: number
  readonly requestId: string
  /** Signing name; null if the request named none. */
  readonly service: string | null
  readonly operation: string | null
  readonly region: string | null
  /** Null: the caller is not known, because the signature is missing or wrong. */
  readonly principal: Principal | null
  readonly accessKeyId: string | null
  /** What policy said: a refusal, if there was one, even where the call was answered without what it concerned; else the last of what was asked. Null: nobody asked. */
  readonly decision: Decision | null
  /** What it said it about; null: nobody asked. */
  readonly asked: { readonly action: string; readonly resource: string } | null
  readonly sourceIp: string
  readonly userAgent: string
  readonly status: number
  readonly errorCode: string | null
  readonly errorMessage: string | null
  /** Sensitive members hidden; null if the input could not be read. */
  readonly requestParameters: Readonly<Record<string, unknown>> | null
  readonly responseElements: Readonly<Record<string, unknown>> | null
}

/** Called once per call, after the answer is decided. Must not throw. */
export type AuditHook = (event: ApiCallEvent) => void
