/**
 * The notation of the table of expected answers: what each Kafka API asks of the principal, and what it answers to one
 * who lacks it. Plain data, taken from Kafka's and MSK's documentation (kafka-protocol §6.3, msk §5.4–§5.5), proved
 * against Apache Kafka itself (authorization-apache.test.ts); it must not be derived from what it judges.
 *
 * Names. The topics `orders` and `invoices` exist. Those of `ownNames` are a case's own: the runner makes them unique,
 * in requests as in what is granted. `#orders` stands for a topic's id, `@batch`,
 * `@idempotent` and `@transactional` for a batch of one record.
 *
 * Grants. `READ topic orders` is an operation on a resource; resources are `topic NAME`, `group NAME`,
 * `transactional-id NAME` and `cluster`. For ACLs the operation is Kafka's, and a name may be `prefix:ord` (a prefixed
 * ACL) or `*` (the wildcard); for IAM it is the kafka-cluster action, and a name may hold `*`; Connect is always granted,
 * but where a case speaks of it. `a & b` needs both,
 * `a | b` one of them, `never` cannot be granted.
 *
 * Answers. `read` says where in the response codes stand: `topics[name].partitions[partitionIndex].errorCode` is read as
 * one code for each `name/partitionIndex`; `[#]` counts. An answer is the whole list of them: `orders/0=29 invoices/0=0`;
 * a code that stands at the top has no label: `31`. With several places to read each has a name in front of its labels:
 * `partition:orders/0=31`; the one named '' has none. `*` at the end stands for anything else that is no authorisation error; `closed`: the
 * connection is closed instead; `login=58`: already the login is refused; `none`: nothing is answered, and the connection stays.
 */

/** Of a case's own topics, groups and transactional ids. */
export const ownNames = ['absent', 'doomed', 'fresh', 'spring', 'team', 'crew', 'tx', 'ty'] as const

export interface Need {
  readonly acl: string
  readonly iam: string
  /** The answer to who has all but this. */
  readonly refused: string
}

export type Kind = 'acl' | 'iam'

/** One more case: what is granted (`+`) or denied (`-`), comma between, and the answer. */
export type Case = readonly [kind: Kind, given: string, answer: string]

export interface Row {
  readonly key: number
  readonly name: string
  readonly version: number
  /** What tells this request from others of the API. */
  readonly what?: string
  /** Left out: both. */
  readonly only?: Kind
  /** Fields by Kafka's names. */
  readonly body: object
  /**
   * What exists before the request: `topic NAME`, `group NAME` (with offsets of orders), `share-group NAME` (that had
   * subscribed to both topics), `transaction NAME`, `consumer GROUP` and `sharer GROUP` (a member that reads orders).
   */
  readonly before?: readonly string[]
  /** Asked before on the same connection, whatever the answer. */
  readonly first?: { readonly key: number; readonly version: number; readonly body: object }
  readonly read: string | Readonly<Record<string, string>>
  /** All of them, in the order in which they are checked. */
  readonly needs: readonly Need[]
  readonly allowed: string
  /** The answer to who has nothing, if it is not that of the first need. */
  readonly silent?: string
  readonly cases?: readonly Case[]
  /** Why Apache Kafka is not asked, or what it says where documentation says something else. */
  readonly apache?: { readonly skipped: string } | { readonly note: string }
}
