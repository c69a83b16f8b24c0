import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StatusLine, type Terminal } from './status-line.ts'

/** A terminal that shows one line. */
class Screen implements Terminal {
  readonly isTTY: boolean
  readonly columns: number
  line = ''
  writes = 0

  constructor(isTTY: boolean, columns: number) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): void {
    this.writes++
    this.line = text.startsWith('\r\u001B[2K') ? text.slice('\r\u001B[2K'.length) : this.line + text
  }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function fixture(options: { isTTY?: boolean; shown?: boolean; columns?: number } = {}): {
  screen: Screen
  status: StatusLine
} {
  const screen = new Screen(options.isTTY ?? true, options.columns ?? 40)
  const status = new StatusLine(options.shown ?? true, screen)
  // As if the process had begun now.
  status.clear()
  return { screen, status }
}

describe('the status line', () => {
  test('appears when nothing was said for a while, follows what goes on, and is gone when it is cleared', () => {
    const { screen, status } = fixture()
    status.show('loading')
    vi.advanceTimersByTime(299)
    expect(screen.writes).toBe(0)
    vi.advanceTimersByTime(1)
    expect(screen.line).toBe('  … loading')
    status.show('opening')
    expect(screen.line).toBe('  … opening')
    status.clear()
    expect(screen.line).toBe('')
    vi.advanceTimersByTime(10_000)
    expect(screen.line).toBe('')
  })

  test('never appears for what is quick, however much of it there is', () => {
    const { screen, status } = fixture()
    for (let step = 0; step < 10; step++) {
      status.show(`step ${step}`)
      vi.advanceTimersByTime(200)
      status.clear()
    }
    expect(screen.writes).toBe(0)
  })

  test('counts the time since the command was last heard of, not of each thing that it does', () => {
    const { screen, status } = fixture()
    status.show('one')
    vi.advanceTimersByTime(200)
    status.show('two')
    vi.advanceTimersByTime(100)
    expect(screen.line).toBe('  … two')
  })

  test('tells the seconds of what takes long, and is never longer than the terminal is wide', () => {
    const { screen, status } = fixture()
    status.show('waiting')
    vi.advanceTimersByTime(3_350)
    expect(screen.line).toBe('  … waiting (3 s)')
    status.show('x'.repeat(100))
    expect(screen.line).toHaveLength(39)
  })

  test('is whole in a terminal that does not know its width', () => {
    const { screen, status } = fixture({ columns: 0 })
    status.show('loading the program')
    vi.advanceTimersByTime(300)
    expect(screen.line).toBe('  … loading the program')
  })

  test.each([{ isTTY: false }, { shown: false }])('is not there for programs: %j', (options) => {
    const { screen, status } = fixture(options)
    status.show('loading')
    vi.advanceTimersByTime(5_000)
    status.clear()
    expect(screen.writes).toBe(0)
  })
})
