/** A Logger that keeps its lines for a test to read. */
import type { Logger } from '@millrace/base/logger'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface RecordingLogger extends Logger {
  /** Of this logger and all its children, in order. */
  readonly lines: LogLine[]
}

export function createRecordingLogger(
  fields: Readonly<Record<string, unknown>> = {},
  lines: LogLine[] = [],
): RecordingLogger {
  const record =
    (level: LogLine['level']) =>
    (message: string, more?: Readonly<Record<string, unknown>>): void => {
      lines.push({ level, message, fields: { ...fields, ...more } })
    }
  return {
    lines,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    child: (more) => createRecordingLogger({ ...fields, ...more }, lines),
  }
}
