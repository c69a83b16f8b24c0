/**
 * controller_mutation_rate (KIP-599): how many partitions a client may create and delete per second. Clients of newer
 * versions are refused what comes while their credit is overdrawn and told when to try again (strict); older ones get
 * what they ask and are muted by their broker (permissive). Single owner: the controller's loop.
 */
import type { Host } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import { QuotaKey } from '@millrace/metadata/quotas/quota-keys'
import { resolveClientQuota, userOf } from '@millrace/metadata/quotas/quota-resolution'
import type { WindowOptions } from '@millrace/metadata/quotas/rate-meter'
import { TokenBucket } from '@millrace/metadata/quotas/token-bucket'
import { ErrorCode } from '@millrace/protocol/errors'
import type { ItemError } from '../decision.ts'

/** What one request may use. */
export interface MutationQuota {
  /** Takes `partitions` from the credit; an error when they must not be changed now. */
  take(partitions: number): ItemError | null
  /** What the response says: how long (ms) the client should hold back. */
  readonly throttleTimeMs: number
}

export const UNLIMITED: MutationQuota = { take: () => null, throttleTimeMs: 0 }

export interface MutationQuotasOptions {
  readonly host: Pick<Host, 'clock'>
  readonly image: () => MetadataImage
  /** controller.quota.window.num and .size.seconds */
  readonly windows: WindowOptions
}

export interface MutatingRequest {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly connection: { readonly principal: string }
}

/** Full buckets are as good as none: they are dropped when there are twice as many as the last time. */
const BUCKETS_MIN = 256

export class MutationQuotas {
  readonly #options: MutationQuotasOptions
  readonly #buckets = new Map<string, TokenBucket>()
  #bucketLimit = BUCKETS_MIN

  constructor(options: MutationQuotasOptions) {
    this.#options = options
  }

  /** @param strictSince the first version of the API whose clients know THROTTLING_QUOTA_EXCEEDED */
  of({ apiVersion, clientId, connection }: MutatingRequest, strictSince: number): MutationQuota {
    const key = QuotaKey.CONTROLLER_MUTATION_RATE
    const quota = resolveClientQuota(this.#options.image(), key, userOf(connection.principal), clientId ?? '')
    if (quota === null) return UNLIMITED
    const nowMs = this.#options.host.clock.monotonicMs()
    return new BucketQuota(this.#bucket(quota.sharedBy, quota.bound, nowMs), nowMs, apiVersion >= strictSince)
  }

  #bucket(name: string, bound: number, nowMs: number): TokenBucket {
    const known = this.#buckets.get(name)
    if (known?.bound === bound) return known
    if (this.#buckets.size >= this.#bucketLimit) {
      for (const [other, bucket] of this.#buckets) if (bucket.full(nowMs)) this.#buckets.delete(other)
      this.#bucketLimit = Math.max(BUCKETS_MIN, 2 * this.#buckets.size)
    }
    const bucket = new TokenBucket(bound, this.#options.windows, nowMs)
    this.#buckets.set(name, bucket)
    return bucket
  }
}

class BucketQuota implements MutationQuota {
  throttleTimeMs = 0
  readonly #bucket: TokenBucket
  readonly #nowMs: number
  readonly #strict: boolean

  constructor(bucket: TokenBucket, nowMs: number, strict: boolean) {
    this.#bucket = bucket
    this.#nowMs = nowMs
    this.#strict = strict
  }

  take(partitions: number): ItemError | null {
    const throttleMs = this.#bucket.throttleMs(this.#nowMs)
    if (this.#strict && throttleMs > 0) {
      this.throttleTimeMs = throttleMs
      return {
        errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED,
        errorMessage: 'The throttling quota has been exceeded.',
      }
    }
    this.#bucket.take(partitions, this.#nowMs)
    if (!this.#strict) this.throttleTimeMs = this.#bucket.throttleMs(this.#nowMs)
    return null
  }
}
