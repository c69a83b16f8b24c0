/**
 * The frame of a metadata record's value (kafka-records §1.1): `frameVersion uvarint = 1 · type uvarint · version uvarint
 * · body`. Strict both ways: an unknown type or version, another frame version and trailing bytes are errors, since a
 * reader that skips metadata is wrong about the cluster.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import { versionsOf } from '@millrace/protocol/definition'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import { invariant } from '@millrace/base/invariant'
import type { MetadataRecord } from './records/metadata-record.ts'
import { recordDefinition } from './records/metadata-record.ts'

const FRAME_VERSION = 1
const HEADER_NUMBER_MAX = 32_767

/** The value bytes of `record`. @param writer to be shared by many records */
export function encodeRecordValue(record: MetadataRecord, writer: Writer = new Writer()): Buffer {
  const definition = recordDefinition(record.type)
  invariant(definition !== undefined, 'metadata record type without definition', { type: record.type })
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(record.type)
  writer.uvarint(record.version)
  encodeMessage(definition, record.version, record.body as never, writer)
  return writer.finishBuffer()
}

/** Decodes a record value; throws DecodeError for anything that is not exactly one record known here. */
export function decodeRecordValue(value: Buffer): MetadataRecord {
  const reader = new Reader(value)
  const frameVersion = reader.uvarint()
  if (frameVersion !== FRAME_VERSION) throw new DecodeError(`metadata record frame version ${frameVersion}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  if (type > HEADER_NUMBER_MAX || version > HEADER_NUMBER_MAX)
    throw new DecodeError('metadata record header out of range')
  const definition = recordDefinition(type)
  if (definition === undefined) throw new DecodeError(`metadata record of unknown type ${type}`)
  const range = versionsOf(definition)
  if (version < range.min || version > range.max) throw new DecodeError(`${definition.name} has no version ${version}`)
  const body = decodeMessage(definition, version, reader)
  reader.expectEnd()
  return { type, version, body } as unknown as MetadataRecord
}
