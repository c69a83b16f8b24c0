/**
 * Logger over pino: one JSON line per message, written synchronously so that a crash loses nothing. A file is rotated.
 * Fields whose name looks like a secret's are replaced before they reach pino, at any depth up to four.
 */
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'
import type { Logger } from '@millrace/base/logger'
import { RotatingFile } from './rotating-file.ts'

export interface JsonLoggerOptions {
  /** A file descriptor, or a path that is appended to and rotated; 1 (standard output) by default. */
  readonly destination?: number | string
  /** Least severe level written; 'info' by default. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
  /** Told on every line as `name`. */
  readonly name?: string
}

const REDACTED = '[redacted]'
const SECRET_NAME = /secret|passw|passphrase|token|credential|private.?key|authorization|signature|keypem/i
/** Deeper than this a field is a data structure, not a log field. */
const REDACT_DEPTH_MAX = 4

export function createJsonLogger(options: JsonLoggerOptions = {}): Logger {
  const destination = destinationOf(options.destination ?? 1)
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: options.name === undefined ? { pid: process.pid } : { pid: process.pid, name: options.name },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return wrap(logger)
}

function destinationOf(destination: number | string): DestinationStream {
  if (typeof destination === 'string') return new RotatingFile({ path: destination })
  const stream = pino.destination({ dest: destination, sync: true })
  // A full volume or a reader that is gone is no reason to end.
  stream.on('error', () => {})
  return stream
}

type Fields = Readonly<Record<string, unknown>>

function wrap(logger: PinoLogger): Logger {
  return {
    debug(message, fields) {
      if (logger.isLevelEnabled('debug')) logger.debug(redactFields(fields, 0), message)
    },
    info(message, fields) {
      if (logger.isLevelEnabled('info')) logger.info(redactFields(fields, 0), message)
    },
    warn(message, fields) {
      logger.warn(redactFields(fields, 0), message)
    },
    error(message, fields) {
      logger.error(redactFields(fields, 0), message)
    },
    child: (fields) => wrap(logger.child(redactFields(fields, 0))),
  }
}

function redactFields(fields: Fields | undefined, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  if (fields === undefined) return result
  for (const [name, value] of Object.entries(fields)) {
    result[name] = SECRET_NAME.test(name) ? REDACTED : redactValue(value, depth + 1)
  }
  return result
}

function redactValue(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? String(value) : value
  if (value instanceof Error) return errorFields(value, depth)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (depth > REDACT_DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  return redactFields(value as Fields, depth)
}

function errorFields(error: Error, depth: number): Record<string, unknown> {
  const { cause } = error
  return {
    name: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(cause === undefined || depth > REDACT_DEPTH_MAX ? {} : { cause: redactValue(cause, depth + 1) }),
  }
}
