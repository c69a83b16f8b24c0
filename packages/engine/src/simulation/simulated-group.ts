/** A classic group whose members come and go: some leave, some die without a word, new ones join. */
import type { Actor } from './actor.ts'
import { GroupPromises, SimulatedGroupMember, type GroupMemberOptions } from './simulated-group-member.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'

const MEMBERS_MAX = 3
const CHANGE_MS_MAX = 2_500

export interface SimulatedGroupOptions extends Omit<GroupMemberOptions, 'access' | 'promises'> {
  readonly ledger: Ledger
  /** For a new member: a client machine of its own. */
  readonly access: () => ClusterAccess
}

export class SimulatedGroup implements Actor {
  readonly #options: SimulatedGroupOptions
  readonly #promises: GroupPromises
  readonly #clock: ClusterAccess
  #members: SimulatedGroupMember[] = []
  #stopped = false

  constructor(options: SimulatedGroupOptions) {
    this.#options = options
    this.#promises = new GroupPromises(options.ledger)
    this.#clock = options.access()
    this.#join()
    this.#join()
    this.#changeLater()
  }

  get idle(): boolean {
    return this.#stopped
  }

  get trouble(): string {
    return this.#members.map((member) => member.trouble).join('; ')
  }

  stop(): void {
    this.#stopped = true
    for (const member of this.#members) member.stop()
  }

  #changeLater(): void {
    this.#clock.later(1 + this.#below(CHANGE_MS_MAX), () => {
      if (this.#stopped) return
      this.#change()
      this.#changeLater()
    })
  }

  #change(): void {
    const member = this.#members[this.#below(this.#members.length)]
    if (member === undefined || (this.#members.length < MEMBERS_MAX && this.#below(2) === 0)) return this.#join()
    this.#members = this.#members.filter((other) => other !== member)
    if (this.#below(2) === 0) member.leave()
    else member.stop()
    if (this.#members.length === 0) this.#join()
    this.#options.ledger.count('members gone')
  }

  #join(): void {
    const { access, groupId, topic, partitions, readUpTo } = this.#options
    const common = { groupId, topic, partitions, readUpTo }
    this.#members.push(new SimulatedGroupMember({ ...common, promises: this.#promises, access: access() }))
  }

  #below(bound: number): number {
    return this.#clock.host.random.below(bound)
  }
}
