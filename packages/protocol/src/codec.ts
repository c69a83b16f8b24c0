/**
 * Encoding and decoding of messages from their definitions. For each (definition, version) straight-line code is
 * generated and compiled on first use (compile.ts) and kept for the life of the process.
 *
 * Decoding trusts nothing: lengths and counts are checked against the bytes that are there before anything is allocated.
 * It does not demand that the reader's range ends with the message: callers that own the range call `reader.expectEnd()`.
 */
import { compileDecoder, compileEncoder, type Decoder, type Encoder } from './compile.ts'
import { versionsOf, type Decoded, type Encodable, type MessageDefinition } from './definition.ts'
import type { Reader } from './primitives/reader.ts'
import type { Writer } from './primitives/writer.ts'

interface Compiled {
  readonly versionMin: number
  readonly versionMax: number
  readonly decoders: (Decoder | undefined)[]
  readonly encoders: (Encoder | undefined)[]
}

/** A cache of pure results, keyed by the definition's identity. */
const compiled = new WeakMap<MessageDefinition, Compiled>()

function compiledOf(definition: MessageDefinition, version: number): Compiled {
  let entry = compiled.get(definition)
  if (entry === undefined) {
    const { min, max } = versionsOf(definition)
    entry = { versionMin: min, versionMax: max, decoders: [], encoders: [] }
    compiled.set(definition, entry)
  }
  if (version < entry.versionMin || version > entry.versionMax) {
    throw new RangeError(`${definition.name} has no version ${version}`)
  }
  return entry
}

/**
 * Reads one message body at the reader's position. Throws DecodeError for bytes that are not one, RangeError for a
 * version that the definition does not have. `bytes` and `records` in the result are views over the reader's Buffer.
 */
export function decodeMessage<const D extends MessageDefinition>(
  definition: D,
  version: number,
  reader: Reader,
): Decoded<D> {
  const entry = compiledOf(definition, version)
  const decode = (entry.decoders[version] ??= compileDecoder(definition, version))
  reader.beginMessage()
  return decode(reader) as Decoded<D>
}

/**
 * Writes one message body. Throws EncodeError for a value that the version cannot carry (the writer must then be reset),
 * RangeError for a version that the definition does not have. Large `records` are kept as slices until the writer's
 * chunks are dropped.
 */
export function encodeMessage<const D extends MessageDefinition>(
  definition: D,
  version: number,
  value: Encodable<D>,
  writer: Writer,
): void {
  const entry = compiledOf(definition, version)
  const encode = (entry.encoders[version] ??= compileEncoder(definition, version))
  encode(writer, value)
}
