/**
 * A principal inside an Envelope: int16 version, then Kafka's DefaultPrincipalData (KIP-590). In Millrace a principal is
 * the text `<type>:<name>`.
 */
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'

const VERSION = 0

const defaultPrincipalData = {
  kind: 'data',
  name: 'DefaultPrincipalData',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'type', type: 'string' },
    { name: 'name', type: 'string' },
    { name: 'tokenAuthenticated', type: 'bool' },
  ],
} as const

/** @param principal `<type>:<name>`, the name may hold colons */
export function encodePrincipal(principal: string): Buffer {
  const colon = principal.indexOf(':')
  const writer = new Writer()
  writer.int16(VERSION)
  const value = { type: principal.slice(0, colon), name: principal.slice(colon + 1), tokenAuthenticated: false }
  encodeMessage(defaultPrincipalData, VERSION, value, writer)
  return writer.finishBuffer()
}

/** The text of an encoded principal. Throws DecodeError for bytes that are not one. */
export function decodePrincipal(bytes: Buffer): string {
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version !== VERSION) throw new DecodeError(`principal of version ${version}`)
  const { type, name } = decodeMessage(defaultPrincipalData, version, reader)
  reader.expectEnd()
  return `${type}:${name}`
}
