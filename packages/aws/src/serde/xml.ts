/** XML answers of the query protocols. Lists are `<member>` items (ec2Query: `<item>`), maps `<entry><key/><value/></entry>`. Written only, never read. */
import type { Member, Shape } from '../model.ts'
import { formatTimestamp } from './text.ts'

export type ListItemName = 'member' | 'item'

export function encodeXmlMembers(
  members: readonly Member[],
  value: Readonly<Record<string, unknown>>,
  listItem: ListItemName = 'member',
): string {
  let xml = ''
  for (const member of members) {
    const item = value[member.name]
    if (item !== undefined && item !== null) xml += element(member.wireName, encodeXml(member.shape, item, listItem))
  }
  return xml
}

function encodeXml(shape: Shape, value: unknown, listItem: ListItemName): string {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return encodeXmlMembers(shape.members, value as Readonly<Record<string, unknown>>, listItem)
    case 'list':
      return (value as readonly unknown[])
        .map((item) => element(listItem, encodeXml(shape.item, item, listItem)))
        .join('')
    case 'map':
      return Object.entries(value as Readonly<Record<string, unknown>>)
        .map(([key, item]) =>
          element('entry', element('key', escapeXml(key)) + element('value', encodeXml(shape.value, item, listItem))),
        )
        .join('')
    case 'timestamp':
      return String(formatTimestamp(value as Date, shape.format ?? 'date-time'))
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'string':
    case 'number':
    case 'boolean':
    case 'document':
      return escapeXml(String(value))
  }
}

/** `content` is XML already. */
export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
}

/** Characters that XML 1.0 cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      .replaceAll(/[&<>"'\r]/g, (character) => escapes[character] ?? character)
      // oxlint-disable-next-line no-control-regex -- these are the characters to be replaced
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  )
}
