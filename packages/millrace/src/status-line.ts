/**
 * What a command is busy with, in one line that is written over: for what takes longer than anybody likes to wait without a
 * word. It stands on standard error and only where that is a terminal, so that files, programs and --json see nothing of it.
 *
 * Whoever prints something that stays calls `clear` first.
 */

export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Without a word for so long, and the line appears: what is quick does not flicker. */
const QUIET_MS = 300
const TICK_MS = 1_000
const ERASE = '\r\u001B[2K'
const COLUMNS = 80

export class StatusLine {
  readonly #terminal: Terminal | null
  /** When something was said last, on the clock that began with the process. */
  #saidMs = 0
  #what = ''
  #beganMs = 0
  #visible = false
  #timer: NodeJS.Timeout | null = null

  /** @param shown false: nothing is ever shown */
  constructor(shown: boolean = true, terminal: Terminal = process.stderr) {
    this.#terminal = shown && terminal.isTTY === true && process.env['TERM'] !== 'dumb' ? terminal : null
  }

  /** From now on the command is busy with `what`. */
  show(what: string): void {
    if (this.#terminal === null) return
    this.#what = what
    this.#beganMs = performance.now()
    if (this.#visible) return this.#draw()
    this.#stopTimer()
    this.#timer = setTimeout(() => this.#appear(), Math.max(0, this.#saidMs + QUIET_MS - this.#beganMs)).unref()
  }

  /** Nothing is under way, or something else is to be printed. */
  clear(): void {
    this.#stopTimer()
    if (this.#visible) this.#terminal?.write(ERASE)
    this.#visible = false
    this.#saidMs = performance.now()
  }

  #appear(): void {
    this.#visible = true
    this.#draw()
    this.#timer = setInterval(() => this.#draw(), TICK_MS).unref()
  }

  #draw(): void {
    const seconds = Math.floor((performance.now() - this.#beganMs) / 1000)
    const text = `  … ${this.#what}${seconds === 0 ? '' : ` (${seconds} s)`}`
    // A line that wraps could not be erased. Terminals that do not know their width say 0.
    const columns = this.#terminal?.columns ?? 0
    this.#terminal?.write(`${ERASE}${text.slice(0, (columns > 0 ? columns : COLUMNS) - 1)}`)
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
