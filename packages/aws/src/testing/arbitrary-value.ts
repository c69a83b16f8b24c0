/** Random values of a model's shapes. Bounds and enums are not kept: what is compared is the way over the wire. */
import fc from 'fast-check'
import type { Member, Shape, Structure } from '../model.ts'

/** Structures below this depth have only their required members, so that shapes which contain themselves end. */
const DEPTH_MAX = 4

export function arbitraryValue(shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return arbitraryStructure(shape, depth)
    case 'union':
      return fc.oneof(...shape.members.map((member) => fc.record({ [member.name]: arbitraryMember(member, depth) })))
    case 'list':
      return fc.array(arbitraryValue(shape.item, depth + 1), { maxLength: 3 })
    case 'map':
      return fc.dictionary(text, arbitraryValue(shape.value, depth + 1), { maxKeys: 3, noNullPrototype: true })
    case 'string':
      return text
    case 'number':
      return fc.integer()
    case 'boolean':
      return fc.boolean()
    case 'blob':
      return fc.uint8Array({ maxLength: 20 })
    case 'timestamp':
      return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    case 'document':
      return fc.jsonValue()
  }
}

export function arbitraryStructure(structure: Structure, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const members = structure.members.filter((member) => member.required || depth < DEPTH_MAX)
  const arbitraries = Object.fromEntries(members.map((member) => [member.name, arbitraryMember(member, depth)]))
  return fc.record(arbitraries, {
    requiredKeys: members.filter(({ required }) => required).map(({ name }) => name),
    noNullPrototype: true,
  })
}

/** Text that XML 1.0 can hold, with what is awkward in URLs, JSON, forms and XML. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from('aZ09 +/%&=?<>"\':;,.-_~{}[]()*!@#$^|\\é€😀')),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
})

function arbitraryMember(member: Member, depth: number): fc.Arbitrary<unknown> {
  // An empty label is no path.
  if (member.location === 'label' && member.shape.kind === 'string')
    return text.filter((value) => value !== '' && value !== '.' && value !== '..')
  return arbitraryValue(member.shape, depth + 1)
}

/** For comparison: bytes as hex; absent members, empty lists, empty maps and empty structures alike (forms and queries cannot tell them apart). */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(comparable).filter((item) => item !== undefined)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([name]) => name !== '$metadata')
    .map(([name, item]) => [name, comparable(item)] as const)
    .filter(([, item]) => item !== undefined && !(Array.isArray(item) && item.length === 0))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
