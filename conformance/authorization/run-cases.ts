/** Asks each case of a broker as its own principal, several at a time, and tells what was answered otherwise. */
import { difference, readAnswer, type Answer } from './answers.ts'
import type { TableCase } from './cases.ts'
import { filled, type Fillings } from './names.ts'
import { records } from './records.ts'
import { ClosedError, LoginRefusedError, type Wire } from './wire.ts'
import type { World } from './world.ts'

const AT_ONCE = 12
const API_VERSIONS = 18
/** Opens a connection on which the case's principal is logged in. */
export type Login = (each: TableCase) => Promise<Wire>

/** A line for each case that was answered otherwise than expected. */
export async function runCases(cases: readonly TableCase[], world: World, login: Login): Promise<string[]> {
  const waiting = [...cases]
  const differences: string[] = []
  const work = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const told = difference(each.answer, await answerTo(each, world, login))
      if (told !== null) differences.push(`${each.title}\n  expected ${each.answer}\n  answered ${told}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return differences
}

async function answerTo(each: TableCase, { topicIds }: World, login: Login): Promise<Answer | 'closed' | 'none'> {
  const { row, id } = each
  const fillings: Fillings = { caseId: id, topicIds, records }
  let wire: Wire
  try {
    wire = await login(each)
  } catch (error) {
    if (error instanceof LoginRefusedError) return new Map([['login', String(error.errorCode)]])
    throw error
  }
  try {
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
    return readAnswer(await wire.answer(row.key, row.version), row, fillings)
  } catch (error) {
    if (error instanceof ClosedError) return 'closed'
    throw error
  } finally {
    wire.close()
  }
}
