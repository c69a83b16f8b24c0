/**
 * Captures golden bytes from Kafka's own classes: `npx tsx --conditions=millrace-source scripts/capture-golden.ts <directory of Kafka's
 * libs>`, with a JDK on the path. Writes messages.jsonl (values made here, bytes made by Kafka) and batches.txt into
 * src/testing/golden. Run it for the releases 3.9.1 and 4.1.1, oldest first: later runs replace what both can write.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { APIS } from '../src/apis.ts'
import { versionsOf, type FieldDefinition } from '../src/definition.ts'
import { arbitraryMessage } from '../src/testing/arbitrary-message.ts'
import { jsonOfMessage } from '../src/testing/json-message.ts'

interface Golden {
  readonly name: string
  readonly version: number
  readonly value: unknown
  readonly hex: string
}

const libs = process.argv[2]
if (libs === undefined) throw new Error("give the directory of Kafka's libs")
const here = fileURLToPath(new URL('.', import.meta.url))
const golden = fileURLToPath(new URL('../src/testing/golden/', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'golden-'))

/** Kafka's JSON has no records: they are null, and golden batches are captured apart. */
function withoutRecords(fields: readonly FieldDefinition[], value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      const member = value[field.name]
      if (field.type === 'records') return [field.name, null]
      if (field.fields === undefined || member === null) return [field.name, member]
      const strip = (struct: unknown): unknown => withoutRecords(field.fields ?? [], struct as Record<string, unknown>)
      return [field.name, Array.isArray(member) ? member.map(strip) : strip(member)]
    }),
  )
}

const cases = APIS.flatMap((api) => [api.request, api.response]).flatMap((definition) => {
  const { min, max } = versionsOf(definition)
  return Array.from({ length: max - min + 1 }, (_, index) => min + index).flatMap((version) =>
    fc.sample(arbitraryMessage(definition, version), { numRuns: 12, seed: 7 + version }).map((value) => ({
      name: definition.name,
      version,
      value: jsonOfMessage(definition, version, withoutRecords(definition.fields, value)),
    })),
  )
})

writeFileSync(join(work, 'in.json'), JSON.stringify(cases))
for (const program of ['GoldenMessages', 'GoldenBatches']) {
  execFileSync('javac', ['-cp', `${libs}/*`, '-d', work, join(here, `${program}.java`)])
}
const classes = ['-cp', `${work}:${libs}/*`]
execFileSync('java', [...classes, 'GoldenMessages', join(work, 'in.json'), join(work, 'out.json')])
writeFileSync(join(golden, 'batches.txt'), execFileSync('java', [...classes, 'GoldenBatches'], { maxBuffer: 2 ** 28 }))

// One value per message and version: the one nearest to 90 bytes says enough and stays small.
const file = join(golden, 'messages.jsonl')
const kept = new Map<string, Golden>()
const keyOf = (of: Golden): string => `${of.name} ${of.version}`
if (existsSync(file)) {
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const old = JSON.parse(line) as Golden
    kept.set(keyOf(old), old)
  }
}
const fresh = new Map<string, Golden>()
for (const candidate of JSON.parse(readFileSync(join(work, 'out.json'), 'utf8')) as Golden[]) {
  const best = fresh.get(keyOf(candidate))
  const distance = (of: Golden): number => Math.abs(of.hex.length / 2 - 90)
  if (best === undefined || distance(candidate) < distance(best)) {
    fresh.set(keyOf(candidate), candidate)
  }
}
for (const [key, candidate] of fresh) kept.set(key, candidate)
const lines = [...kept.values()].map((line) => JSON.stringify(line))
writeFileSync(file, `${lines.join('\n')}\n`)
rmSync(work, { recursive: true })
