/** What botocore knows of the inputs of operations beyond their types: bounds, patterns, enums, integer or not. */
import type { BotocoreModel } from './freeze-botocore.ts'
import type { Json } from './freeze-shapes.ts'

/** Walks both models from the operations' inputs, side by side, and keys what botocore knows by the SDK's names. */
export class ConstraintTable {
  readonly #botocore: BotocoreModel
  readonly #sdk: Readonly<Record<string, unknown>>
  readonly #table: Record<string, Json> = {}
  readonly #seen = new Set<string>()

  constructor(botocore: BotocoreModel, sdk: Readonly<Record<string, unknown>>) {
    this.#botocore = botocore
    this.#sdk = sdk
  }

  of(model: Json): Json {
    const shapes = model['shapes'] as Record<string, { members: Record<string, { type: string }> }>
    for (const [name, operation] of Object.entries(model['operations'] as Record<string, { input?: string }>)) {
      const input = this.#botocore.operations[name]?.input
      if (input !== undefined && operation.input !== undefined) this.#structure(shapes, operation.input, input.shape)
    }
    return sorted(this.#table)
  }

  #structure(
    shapes: Record<string, { members: Record<string, { type: string }> }>,
    sdkName: string,
    botocoreName: string,
  ): void {
    if (this.#seen.has(sdkName)) return
    this.#seen.add(sdkName)
    const known: Json = {}
    for (const [member, { type }] of Object.entries(shapes[sdkName]?.members ?? {})) {
      const target = this.#botocore.shapes[botocoreName]?.members?.[member]
      if (target === undefined) continue
      const constraint = this.#constraint(target.shape)
      if (constraint !== null) known[member] = constraint
      let [inner, innerName] = [type, target.shape]
      for (let match = /^(?:list|map)<(.*)>$/.exec(inner); match !== null; match = /^(?:list|map)<(.*)>$/.exec(inner)) {
        inner = match[1] ?? ''
        const outer = this.#botocore.shapes[innerName]
        innerName = (outer?.member ?? outer?.value)?.shape ?? ''
      }
      if (inner in shapes) this.#structure(shapes, inner, innerName)
    }
    if (Object.keys(known).length > 0) this.#table[sdkName] = known
  }

  #constraint(name: string): Json | null {
    const shape = this.#botocore.shapes[name]
    if (shape === undefined) return null
    const constraint: Json = {}
    if (shape.type === 'integer' || shape.type === 'long') constraint['integer'] = true
    if (shape.min !== undefined) constraint['min'] = shape.min
    if (shape.max !== undefined) constraint['max'] = shape.max
    if (shape.pattern !== undefined) constraint['pattern'] = usablePattern(shape.pattern)
    if (shape.enum !== undefined) constraint['values'] = this.#enumValues(name, shape.enum)
    const inner = (shape.member ?? shape.value)?.shape
    const item = inner === undefined || (shape.type !== 'list' && shape.type !== 'map') ? null : this.#constraint(inner)
    if (item !== null) constraint['item'] = item
    return Object.keys(constraint).length === 0 ? null : constraint
  }

  /** The SDK may be newer: its values of the same enum count too. */
  #enumValues(name: string, values: readonly string[]): readonly string[] {
    const sdkName = name.charAt(0).toUpperCase() + name.slice(1)
    const own = this.#sdk[sdkName]
    const more = typeof own === 'object' && own !== null && !Array.isArray(own) ? Object.values(own).map(String) : []
    return [...new Set([...values, ...more])].toSorted()
  }
}

/** Patterns are written for another language: one that does not compile here would stop every start, so it stops the freeze. */
function usablePattern(pattern: string): string {
  const whole = pattern
    .replaceAll(String.raw`\u10000-\u10FFFF`, String.raw`\u{10000}-\u{10FFFF}`)
    .replace(/\\([@:=,#/! ])/g, '$1')
  new RegExp(`^(?:${whole})$`, 'u')
  return whole
}

/** By name. */
export function sorted(record: Json): Json {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
