/** The text of `serverProperties`: Java's properties format, as far as a broker's file uses it. */
import { badRequest } from '@millrace/aws/errors'
import { propertyProblem } from './settable-properties.ts'

/** `key=value`, `key: value` or `key value` per line; `#` and `!` begin comments; a backslash at the end continues. */
export function parseProperties(text: string): Record<string, string> {
  const properties = new Map<string, string>()
  const lines = text.replace(/\\\r?\n[ \t]*/g, '').split(/\r?\n/)
  for (const line of lines) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!')) continue
    const match = /^([^=:\s]+)\s*[=:\s]\s*(.*)$/s.exec(trimmed)
    properties.set(match?.[1] ?? trimmed, (match?.[2] ?? '').trim())
  }
  return Object.fromEntries(properties)
}

/**
 * The properties in the bytes of a request.
 * @throws BadRequestException (`serverProperties`) that names every property that is not allowed or has a bad value
 */
export function readServerProperties(bytes: Uint8Array): Record<string, string> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest({ message: 'serverProperties is not valid UTF-8 text.', invalidParameter: 'serverProperties' })
  }
  const properties = parseProperties(text)
  const problems = Object.entries(properties).flatMap(([key, value]) => {
    const problem = propertyProblem(key, value)
    return problem === null ? [] : [`${key} ${problem}`]
  })
  if (problems.length > 0) {
    throw badRequest({
      message: `Invalid properties in serverProperties: ${problems.join('; ')}.`,
      invalidParameter: 'serverProperties',
    })
  }
  return properties
}
