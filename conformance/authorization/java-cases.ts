/** The cases of Kafka's Java clients: one process makes all calls, each as a principal of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kafkaJavaArgs } from '../harness/judges.ts'
import { runOk } from '../harness/run.ts'
import { grantsOf, type TableCase } from './cases.ts'
import type { JavaRow } from './expected/java.ts'
import { uniqueName } from './names.ts'

const source = fileURLToPath(new URL('../judges/AuthorizedCalls.java', import.meta.url))

/** As cases of the table whose answer is the name of an exception. */
export function casesOfJava(rows: readonly JavaRow[], firstId = 0): TableCase[] {
  return rows
    .flatMap(({ call, before = [], cases }) =>
      cases.map(([kind, given, answer]): Omit<TableCase, 'id' | 'principal'> => ({
        kind,
        row: { key: -1, name: call, version: 0, body: {}, before, read: '', needs: [], allowed: '' },
        title: `${call}, ${kind} ${given || 'silent'}`,
        grants: grantsOf(given),
        answer,
      })),
    )
    .map((each, index) => ({ ...each, id: firstId + index, principal: firstId + index }))
}

export interface JavaRun {
  readonly release: string
  /** Properties that all share. */
  readonly common: Readonly<Record<string, string>>
  /** Properties that log a case's principal in. */
  readonly login: (each: TableCase) => Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  /** More options and jars of `java`. */
  readonly options?: readonly string[]
  readonly jars?: readonly string[]
}

/** A line for each case in which the client was told something else. */
export async function runJava(
  cases: readonly TableCase[],
  { release, common, login, environment = {}, options = [], jars = [] }: JavaRun,
): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-authorization-'))
  try {
    const file = join(directory, 'common.properties')
    writeFileSync(file, propertiesOf(common).join('\n'))
    const lines = cases.map((each) => {
      const call = each.row.name.split(' ').map((word) => uniqueName(word, each.id))
      return [each.id, propertiesOf(login(each)).join(';;'), call.join(' ')].join('\t')
    })
    const args = kafkaJavaArgs(release, [source, file])
    const classPath = args.indexOf('-cp') + 1
    args[classPath] = [args[classPath], ...jars].join(':')
    const { stdout } = await runOk('java', [...options, ...args], {
      input: `${lines.join('\n')}\n`,
      environment,
      timeoutMs: 300_000,
    })
    const told = new Map(stdout.split('\n').map((line) => line.split('\t') as [string, string]))
    return cases.flatMap(({ id, title, answer }) => {
      const outcome = told.get(String(id)) ?? 'nothing'
      return outcome === answer ? [] : [`${title}\n  expected ${answer}\n  the client got ${outcome}`]
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const propertiesOf = (properties: Readonly<Record<string, string>>): string[] =>
  Object.entries(properties).map(([key, value]) => `${key}=${value}`)
