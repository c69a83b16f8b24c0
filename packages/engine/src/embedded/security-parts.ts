/**
 * A security snapshot on its way to a node. A small one is one line. A large one (thousands of principals) comes in parts of some
 * ten kilobytes, which the node reads one after the other between the requests of its clients, and is put together
 * when its end is told: a node always goes by a whole snapshot, the one before or this one.
 *
 * Policies come as text: those that the node had before stay the documents that they were, and what was made of them is kept.
 */
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import type { NamedPolicy } from '@millrace/policy/principal-policies'

/** Some entries of the lists of a snapshot, behind those told before. */
export interface SecurityPart {
  readonly kind: 'security-part'
  readonly version: number
  /** JSON texts. */
  readonly policies?: readonly string[]
  readonly principals?: IamSnapshot['principals']
  readonly credentials?: IamSnapshot['credentials']
}

/** With `counts` the lists of `snapshot.iam` are empty, and were told in parts. */
export interface SecurityMessage {
  readonly kind: 'security'
  readonly snapshot: SecuritySnapshot
  readonly counts?: { readonly policies: number; readonly principals: number; readonly credentials: number }
}

/** Parsing one line of this length takes well below a millisecond. */
export const PART_LENGTH_MAX: number = 32 * 1024
/** Principals, policies and credentials that are told in one line. */
const WHOLE_ENTRIES_MAX = 50

/** The lines, without their ends, by which a node is told of `snapshot`. */
export function securityLines(snapshot: SecuritySnapshot): readonly string[] {
  const { iam, version } = snapshot
  const entries = iam === null ? 0 : iam.policies.length + iam.principals.length + iam.credentials.length
  if (iam === null || entries <= WHOLE_ENTRIES_MAX)
    return [JSON.stringify({ kind: 'security', snapshot } satisfies SecurityMessage)]
  const { policies, principals, credentials } = iam
  const counts = { policies: policies.length, principals: principals.length, credentials: credentials.length }
  const rest = { ...snapshot, iam: { ...iam, policies: [], principals: [], credentials: [] } }
  return [
    ...partsOf(
      'policies',
      version,
      policies.map((policy) => JSON.stringify(JSON.stringify(policy))),
    ),
    ...partsOf(
      'principals',
      version,
      principals.map((one) => JSON.stringify(one)),
    ),
    ...partsOf(
      'credentials',
      version,
      credentials.map((one) => JSON.stringify(one)),
    ),
    JSON.stringify({ kind: 'security', snapshot: rest, counts } satisfies SecurityMessage),
  ]
}

function partsOf(list: keyof IamSnapshot, version: number, entries: readonly string[]): string[] {
  const parts: string[] = []
  let some: string[] = []
  let length = 0
  const end = (): void => {
    if (some.length > 0) parts.push(`{"kind":"security-part","version":${version},"${list}":[${some.join()}]}`)
    some = []
    length = 0
  }
  for (const entry of entries) {
    if (length + entry.length > PART_LENGTH_MAX) end()
    some.push(entry)
    length += entry.length
  }
  end()
  return parts
}

interface Lists {
  readonly policies: NamedPolicy[]
  readonly principals: IamSnapshot['principals'][number][]
  readonly credentials: IamSnapshot['credentials'][number][]
}

/** The node's end: puts snapshots together again. */
export class SecurityParts {
  /** Of the last whole snapshot, by text. */
  #known: ReadonlyMap<string, NamedPolicy> = new Map()
  #version: number | null = null
  #policies = new Map<string, NamedPolicy>()
  #lists: Lists = nothing()

  add({ version, policies = [], principals = [], credentials = [] }: SecurityPart): void {
    // What a control plane left half told is forgotten when the next begins.
    if (version !== this.#version) this.#begin(version)
    for (const text of policies) {
      const policy = this.#known.get(text) ?? (JSON.parse(text) as NamedPolicy)
      this.#policies.set(text, policy)
      this.#lists.policies.push(policy)
    }
    for (const principal of principals) this.#lists.principals.push(principal)
    for (const credential of credentials) this.#lists.credentials.push(credential)
  }

  /** The whole snapshot; null: parts of it have not come. */
  complete({ snapshot, counts }: SecurityMessage): SecuritySnapshot | null {
    const lists = this.#version === snapshot.version ? this.#lists : nothing()
    const policies = this.#policies
    this.#begin(null)
    if (counts === undefined || snapshot.iam === null) return snapshot
    if (
      lists.policies.length !== counts.policies ||
      lists.principals.length !== counts.principals ||
      lists.credentials.length !== counts.credentials
    )
      return null
    this.#known = policies
    return { ...snapshot, iam: { ...snapshot.iam, ...lists } }
  }

  #begin(version: number | null): void {
    this.#version = version
    this.#policies = new Map()
    this.#lists = nothing()
  }
}

function nothing(): Lists {
  return { policies: [], principals: [], credentials: [] }
}
