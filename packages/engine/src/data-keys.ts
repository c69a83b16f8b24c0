/**
 * What an engine needs of a key management service to encrypt the data of clusters: each node has a data key of its own,
 * which is kept wrapped by the cluster's key beside the data, and is plain only in memory.
 */
import type { ClusterId, NodeId } from './engine.ts'

/** Whose data key it is: authenticated with the wrapped key, which is good for this node alone. */
export interface DataKeyOwner {
  /** ARN of the KMS key of the cluster. */
  readonly keyArn: string
  readonly clusterArn: string
  readonly underGrant?: boolean
  readonly clusterId: ClusterId
  readonly nodeId: NodeId
}

export interface DataKey {
  /** 32 bytes, never stored. */
  readonly plaintext: Buffer
  readonly wrapped: Buffer
}

export interface DataKeys {
  /** A new one. @throws Error with a sentence for the operator while the cluster's key cannot be used */
  generate(owner: DataKeyOwner): Promise<DataKey>
  /** The plain data key. @throws likewise, and when `wrapped` was changed or is another node's */
  unwrap(owner: DataKeyOwner, wrapped: Buffer): Promise<Buffer>
}
