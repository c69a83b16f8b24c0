/**
 * Which addresses may connect, as the control plane made it of security groups: all that a broker needs to decide alone at
 * accept. Plain JSON. Rules speak of MSK's ports and are resolved to listeners before they come here.
 */
export interface NetworkSnapshot {
  /** Sources that clients are given instead of their own; the first network that holds a client's address counts. */
  readonly addressMap: readonly MappedNetwork[]
  /** By node id, then by listener name. A listener that is not here lets anybody in. */
  readonly brokers: Readonly<Record<string, Readonly<Record<string, ListenerAccess>>>>
}

export interface MappedNetwork {
  /** `127.0.0.2/32` */
  readonly network: string
  readonly address: string
}

export interface ListenerAccess {
  /** MSK's port of the listener: the one that rules name. */
  readonly port: number
  /** Clients on the broker's machine come in: they are inside the VPC and members of the broker's groups. */
  readonly letsLocalIn: boolean
  /** Networks from which anybody comes in. */
  readonly networks: readonly string[]
  /** The groups that were asked; none: nothing leads here. */
  readonly groupIds: readonly string[]
}
