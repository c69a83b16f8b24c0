/** Scalars as text: in paths, query parameters, headers and query-protocol bodies. Strict: what is not exactly of the type is a problem. */
import type { Constraint, Scalar, TimestampFormat } from '../model.ts'
import { checkConstraint } from './constraints.ts'
import type { Problems } from './problems.ts'

/** The value, or undefined with a problem recorded. */
export function decodeText(
  shape: Scalar,
  text: string,
  path: string,
  constraint: Constraint | null,
  problems: Problems,
): unknown {
  const value = parseText(shape, text)
  if (value === undefined) {
    problems.wrongType(path, expectedOf(shape))
    return undefined
  }
  if (constraint !== null) checkConstraint(shape, value, path, constraint, problems)
  return value
}

function parseText(shape: Scalar, text: string): unknown {
  switch (shape.kind) {
    case 'string':
      return text
    case 'number':
      return /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'timestamp':
      return parseTimestamp(text, shape.format ?? 'date-time')
    case 'blob':
      return parseBase64(text)
    case 'document':
      return undefined
  }
}

export function expectedOf(shape: Scalar): string {
  switch (shape.kind) {
    case 'blob':
      return 'base64 text'
    case 'timestamp':
      return `a timestamp (${shape.format ?? 'date-time or epoch seconds'})`
    case 'string':
    case 'number':
    case 'boolean':
    case 'document':
      return `a ${shape.kind}`
  }
}

const isoPattern: RegExp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

export function parseTimestamp(text: string, format: TimestampFormat): Date | undefined {
  if (format === 'epoch-seconds') return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? validDate(Number(text) * 1000) : undefined
  if (format === 'date-time' && !isoPattern.test(text)) return undefined
  return validDate(Date.parse(text))
}

/** Undefined for what Date cannot hold. */
export function validDate(ms: number): Date | undefined {
  const date = new Date(Math.round(ms))
  return Number.isNaN(date.getTime()) ? undefined : date
}

export function parseBase64(text: string): Buffer | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}

/** Milliseconds always: `2025-01-01T00:00:00.000Z`. */
export function formatTimestamp(date: Date, format: TimestampFormat): string | number {
  if (format === 'date-time') return date.toISOString()
  if (format === 'http-date') return date.toUTCString()
  return date.getTime() / 1000
}
