/** Asks each case of a broker as its own principal, several at a time, and tells what was answered otherwise. */
import { difference, readAnswer, type Answer } from './answers.ts'
import type { TableCase } from './cases.ts'
import { filled, type Fillings } from './names.ts'
import { records } from './records.ts'
import { ClosedError, LoginRefusedError, type Wire } from './wire.ts'
import type { World } from './world.ts'

const AT_ONCE = 12
const BATCH_CASES_MAX = 10
const API_VERSIONS = 18
const SASL: ReadonlySet<number> = new Set([17, 36])
/** Opens a connection on which the case's principal is logged in. */
export type Login = (each: TableCase) => Promise<Wire>

/** A line for each case that was answered otherwise than expected. */
export async function runCases(cases: readonly TableCase[], world: World, login: Login): Promise<string[]> {
  await world.joinMembers()
  const hasMembers = ({ row: { before = [] } }: TableCase): boolean =>
    before.some((each) => /^(consumer|sharer) /.test(each))
  // They are asked about first, while the members are there.
  const waiting = [...batchesOf(cases.filter(hasMembers)), ...batchesOf(cases.filter((each) => !hasMembers(each)))]
  const differences: string[] = []
  const work = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const asker = new CaseAsker(world, login)
      for (const each of batch) {
        const told = difference(each.answer, await asker.ask(each))
        if (told !== null) differences.push(`${each.title}\n  expected ${each.answer}\n  answered ${told}`)
      }
      asker.close()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return differences
}

/** Cases of one principal, that share its connection. */
function batchesOf(cases: readonly TableCase[]): TableCase[][] {
  const batches = new Map<string, TableCase[]>()
  for (const [index, each] of [...cases].sort((a, b) => a.principal - b.principal).entries()) {
    const key = `${each.principal} ${Math.floor(index / BATCH_CASES_MAX)}`
    batches.set(key, [...(batches.get(key) ?? []), each])
  }
  return [...batches.values()]
}

/** Asks one case after the other, on one connection as long as that is left open. */
class CaseAsker {
  readonly #world: World
  readonly #login: Login
  #wire: Wire | null = null

  constructor(world: World, login: Login) {
    this.#world = world
    this.#login = login
  }

  async ask(each: TableCase): Promise<Answer | 'closed' | 'none'> {
    const { row, id } = each
    const fillings: Fillings = { caseId: id, topicIds: this.#world.topicIds, records }
    try {
      const wire = (this.#wire ??= await this.#login(each))
      if (row.first !== undefined) {
        const { key, version, body } = row.first
        await wire.ask(key, version, filled(body, fillings) as object)
      }
      const body = filled(row.body, fillings) as { acks?: number }
      wire.send(row.key, row.version, body)
      if (body.acks === 0) {
        // Nothing is answered: that the connection still is answered shows that it was not closed.
        await wire.ask(API_VERSIONS, 0, {})
        return 'none'
      }
      const answer = readAnswer(await wire.answer(row.key, row.version), row, fillings)
      // What follows a login out of place is not this table's.
      if (SASL.has(row.key)) this.close()
      return answer
    } catch (error) {
      this.close()
      if (error instanceof LoginRefusedError) return new Map([['login', String(error.errorCode)]])
      if (error instanceof ClosedError) return 'closed'
      throw error
    }
  }

  close(): void {
    this.#wire?.close()
    this.#wire = null
  }
}
