/** Inputs and outputs for the audit trail: members that the model calls sensitive are hidden, blobs are told by length. */
import type { Shape, Structure } from './model.ts'

/** Not called sensitive by the models, and yet a credential. */
const credentials: ReadonlySet<string> = new Set(['SessionToken', 'SecretAccessKey', 'GrantToken', 'GrantTokens'])

type Json = Readonly<Record<string, unknown>>

export function redact(structure: Structure | null, value: unknown): Json {
  if (structure === null || typeof value !== 'object' || value === null) return {}
  const shown: [string, unknown][] = []
  for (const member of structure.members) {
    const item = (value as Json)[member.name]
    if (item === undefined || item === null) continue
    shown.push([
      member.wireName,
      member.sensitive || credentials.has(member.name)
        ? 'HIDDEN_DUE_TO_SECURITY_REASONS'
        : redactValue(member.shape, item),
    ])
  }
  return Object.fromEntries(shown)
}

function redactValue(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return redact(shape, value)
    case 'list':
      return (value as readonly unknown[]).map((item) => redactValue(shape.item, item))
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Json).map(([key, item]) => [key, redactValue(shape.value, item)]),
      )
    case 'blob':
      return `${(value as Uint8Array).length} bytes`
    case 'string':
    case 'number':
    case 'boolean':
    case 'timestamp':
    case 'document':
      return value
  }
}
