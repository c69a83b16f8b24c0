/** A logger that tells a simulated run line by line, for a seed that is looked into. */
import type { Logger } from '@millrace/base/logger'

export function storyLogger(print: (line: string) => void, fields: Readonly<Record<string, unknown>> = {}): Logger {
  const tell =
    (level: string) =>
    (message: string, more?: Readonly<Record<string, unknown>>): void =>
      print(`  ${level} ${message} ${JSON.stringify({ ...fields, ...more })}`)
  return {
    debug: tell('debug'),
    info: tell('info '),
    warn: tell('warn '),
    error: tell('error'),
    child: (more) => storyLogger(print, { ...fields, ...more }),
  }
}
