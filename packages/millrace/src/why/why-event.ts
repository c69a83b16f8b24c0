/** What `why` tells of: every "no" of the last day, wherever it was said. Plain data; it goes to the command as JSON. */
import type { NodeRefusals } from '@millrace/engine/node-refusals'
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'
import type { IamDenial } from '@millrace/policy/denials/denials'
import type { Acl } from '@millrace/policy/acl/acl'

interface Told {
  /** A sentence: who said no, and by what. */
  readonly reason: string
  /** Who it is or says it is; null when nothing is known. */
  readonly principal: string | null
  readonly remoteAddress: string
  /** Milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

interface AtCluster extends Told {
  readonly clusterId: string
  readonly clusterName: string
  /** The nodes that said it: brokers from 1, controllers from 10001. */
  readonly nodes: readonly number[]
}

/** A connection that came to nothing, or a client that is made to wait. */
export interface ConnectionEvent extends AtCluster {
  readonly type: 'connection'
  readonly kind: NodeRefusals['refusals'][number]['kind']
  readonly listener: string
  readonly remedy: string | null
  readonly iam: IamDenial | null
  /** What makes it wait, as the broker measured it that said so last. */
  readonly quota: QuotaExcess | null
}

/** An operation on a resource of a cluster that was not allowed. */
export interface DenialEvent extends AtCluster {
  readonly type: 'denial'
  readonly operation: number
  readonly resourceType: number
  /** '' when any resource of the type would have done. */
  readonly resourceName: string
  readonly acl: Acl | null
  readonly iam: IamDenial | null
}

/** A call of the AWS API that was not allowed, or whose caller is not known. */
export interface ApiEvent extends Told {
  readonly type: 'api'
  /** `kafka:CreateCluster`, as far as it is known. */
  readonly action: string
  readonly errorCode: string
  /** What would have been needed; null when the caller is not known. */
  readonly iam: IamDenial | null
}

export type WhyEvent = ConnectionEvent | DenialEvent | ApiEvent

/** What would turn a "no", ready to be pasted. */
export interface Remedy {
  /** What it is: 'Allow it with kafka-acls.sh'. */
  readonly about: string
  /** Commands or a policy, line by line. */
  readonly lines: readonly string[]
}

/** An event in words. */
export interface Explanation {
  readonly event: WhyEvent
  /** `User:alice from 127.0.0.1 at broker 2 of orders`. */
  readonly who: string
  readonly reason: string
  readonly remedies: readonly Remedy[]
}
