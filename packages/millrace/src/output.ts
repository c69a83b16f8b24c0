/** What commands print: tables and sentences for people, JSON for scripts (`--json`). */
import Table from 'cli-table3'
import colors from 'picocolors'

/** A plain table: two spaces between columns, no lines. Nothing is printed for no rows but `whenEmpty`. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[], whenEmpty: string): void {
  if (rows.length === 0) {
    process.stdout.write(`${whenEmpty}\n`)
    return
  }
  const none = ''
  const table = new Table({
    head: headings.map((heading) => colors.bold(heading)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: none,
    },
  })
  for (const row of rows) table.push([...row])
  process.stdout.write(`${table.toString().replaceAll(/ +$/gm, '')}\n`)
}

/** One JSON value on one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** A finished step: `✔ what   detail`. */
export function printStep(what: string, detail: string): void {
  process.stdout.write(`  ${colors.green('✔')} ${what.padEnd(44)} ${colors.dim(detail)}\n`)
}

/** Something to know that is no failure. */
export function printNote(sentence: string): void {
  process.stdout.write(`  ${colors.yellow('•')} ${sentence}\n`)
}
