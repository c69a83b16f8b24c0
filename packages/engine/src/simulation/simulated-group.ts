/** A group whose members come and go: some leave, some die without a word, new ones join. */
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'

const MEMBERS_MAX = 3
const CHANGE_MS_MAX = 2_500

export interface GroupMember extends Actor {
  /** Ends and says so; `stop` is an end without a word. */
  leave(): void
}

export interface SimulatedGroupOptions {
  readonly ledger: Ledger
  /** For a new member: a client machine of its own. */
  readonly access: () => ClusterAccess
  readonly newMember: (access: ClusterAccess) => GroupMember
}

export class SimulatedGroup implements Actor {
  readonly #options: SimulatedGroupOptions
  readonly #clock: ClusterAccess
  #members: GroupMember[] = []
  #stopped = false

  constructor(options: SimulatedGroupOptions) {
    this.#options = options
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
    const { access, newMember } = this.#options
    this.#members.push(newMember(access()))
  }

  #below(bound: number): number {
    return this.#clock.host.random.below(bound)
  }
}
