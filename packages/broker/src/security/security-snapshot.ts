import type { NetworkSnapshot } from '@millrace/network/access/network-snapshot'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import type { ClientTrust } from '@millrace/base/host'

/**
 * What the control plane tells a cluster's nodes about who may come in: everything a node needs to decide alone, so that the
 * control plane may be away. Plain JSON. Always whole: a node replaces what it had by what it is told.
 */
export interface SecuritySnapshot {
  /** Grows with every change of the cluster's snapshot, over the lives of the control plane too. */
  readonly version: number
  /** Null: anybody may connect. */
  readonly network: NetworkSnapshot | null
  /** Null: the cluster has no listener for IAM. */
  readonly iam: IamSnapshot | null
  /** Whose certificates clients may show; null or left out: nobody's. */
  readonly clientTrust?: ClientTrust | null
  /** `ssl.principal.mapping.rules`; null or left out: the principal is the whole subject. */
  readonly principalMapping?: string | null
}
