/**
 * Patterns over transactional ids (ListTransactions 2, KIP-1152), in the common part of RE2's syntax: literals, escapes,
 * '.', classes, groups, '|', '*', '+', '?', '{m,n}', '^' and '$'. A whole id must match. The time is linear in the id:
 * a client's pattern must not hold the loop, as it could with JavaScript's backtracking.
 */

/** Instructions of one pattern; repetition counts multiply. */
const PROGRAM_MAX = 2_000
const REPEAT_MAX = 1_000

type Test = (character: string) => boolean

type Node =
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'all'; readonly nodes: readonly Node[] }
  | { readonly kind: 'any'; readonly nodes: readonly Node[] }
  /** max null: without bound. */
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number | null }

type Instruction =
  | { readonly op: 'test'; readonly test: Test }
  | { readonly op: 'start' | 'end' | 'match' }
  | { readonly op: 'go'; readonly to: readonly number[] }

class PatternError extends Error {}

/** Whether a whole id matches; null when the pattern is not one, or too large. */
export function compileIdPattern(pattern: string): ((id: string) => boolean) | null {
  try {
    const parser = new Parser(Array.from(pattern))
    const program: Instruction[] = []
    emit(parser.parse(), program)
    program.push({ op: 'match' })
    return (id) => runs(program, Array.from(id))
  } catch (error) {
    if (error instanceof PatternError) return null
    throw error
  }
}

function runs(program: readonly Instruction[], characters: readonly string[]): boolean {
  let threads = new Set<number>()
  follow(program, 0, threads, characters, 0)
  for (let at = 0; at < characters.length; at++) {
    const next = new Set<number>()
    for (const thread of threads) {
      const instruction = program[thread]
      if (instruction?.op === 'test' && instruction.test(characters[at] as string))
        follow(program, thread + 1, next, characters, at + 1)
    }
    threads = next
    if (threads.size === 0) return false
  }
  return [...threads].some((thread) => program[thread]?.op === 'match')
}

/** Adds to `threads` all instructions reached from `from` without a character. */
function follow(
  program: readonly Instruction[],
  from: number,
  threads: Set<number>,
  characters: readonly string[],
  at: number,
): void {
  const left = [from]
  for (let index = left.pop(); index !== undefined; index = left.pop()) {
    if (threads.has(index)) continue
    threads.add(index)
    const instruction = program[index]
    if (instruction?.op === 'go') left.push(...instruction.to)
    else if (instruction?.op === 'start' && at === 0) left.push(index + 1)
    else if (instruction?.op === 'end' && at === characters.length) left.push(index + 1)
  }
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > PROGRAM_MAX) throw new PatternError('too large')
  switch (node.kind) {
    case 'test':
      program.push({ op: 'test', test: node.test })
      return
    case 'start':
    case 'end':
      program.push({ op: node.kind })
      return
    case 'all':
      for (const each of node.nodes) emit(each, program)
      return
    case 'any': {
      const fork = program.push({ op: 'go', to: [] }) - 1
      const starts: number[] = []
      const exits: number[] = []
      for (const each of node.nodes) {
        starts.push(program.length)
        emit(each, program)
        exits.push(program.push({ op: 'go', to: [] }) - 1)
      }
      program[fork] = { op: 'go', to: starts }
      for (const exit of exits) program[exit] = { op: 'go', to: [program.length] }
      return
    }
    case 'repeat': {
      for (let times = 0; times < node.min; times++) emit(node.node, program)
      if (node.max === null) {
        const loop = program.push({ op: 'go', to: [] }) - 1
        emit(node.node, program)
        program.push({ op: 'go', to: [loop] })
        program[loop] = { op: 'go', to: [loop + 1, program.length] }
        return
      }
      const skips: number[] = []
      for (let times = node.min; times < node.max; times++) {
        skips.push(program.push({ op: 'go', to: [] }) - 1)
        emit(node.node, program)
      }
      for (const skip of skips) program[skip] = { op: 'go', to: [skip + 1, program.length] }
    }
  }
}

const isDigit: Test = (character) => /^[0-9]$/.test(character)
const isWord: Test = (character) => /^[0-9A-Za-z_]$/.test(character)
const isSpace: Test = (character) => /^[\t\n\f\r ]$/.test(character)
const CLASSES: ReadonlyMap<string, Test> = new Map([
  ['d', isDigit],
  ['D', (character) => !isDigit(character)],
  ['w', isWord],
  ['W', (character) => !isWord(character)],
  ['s', isSpace],
  ['S', (character) => !isSpace(character)],
])
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['f', '\f'],
])

class Parser {
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0

  constructor(characters: readonly string[]) {
    this.#characters = characters
  }

  parse(): Node {
    const node = this.#alternatives()
    if (this.#at < this.#characters.length) throw new PatternError('unbalanced')
    return node
  }

  #alternatives(): Node {
    if (++this.#depth > 100) throw new PatternError('too deep')
    const nodes = [this.#sequence()]
    while (this.#take('|')) nodes.push(this.#sequence())
    this.#depth--
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'any', nodes }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek())
      nodes.push(this.#repeated(this.#atom()))
    return { kind: 'all', nodes }
  }

  #repeated(node: Node): Node {
    let bounds: readonly [number, number | null] | null = null
    if (this.#take('*')) bounds = [0, null]
    else if (this.#take('+')) bounds = [1, null]
    else if (this.#take('?')) bounds = [0, 1]
    else if (this.#peek() === '{') bounds = this.#counts()
    if (bounds === null) return node
    // How greedy it is makes no difference when the whole id must match.
    this.#take('?')
    if (['*', '+', '?'].includes(this.#peek() ?? '')) throw new PatternError('repeated twice')
    return { kind: 'repeat', node, min: bounds[0], max: bounds[1] }
  }

  #counts(): readonly [number, number | null] {
    const close = this.#characters.indexOf('}', this.#at)
    const match = /^\{(\d{1,4})(,(\d{0,4}))?$/.exec(this.#characters.slice(this.#at, close).join(''))
    if (close < 0 || match === null) throw new PatternError('counts')
    this.#at = close + 1
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? null : Number(match[3])
    if (min > REPEAT_MAX || (max !== null && (max > REPEAT_MAX || max < min))) throw new PatternError('counts')
    return [min, max]
  }

  #atom(): Node {
    const character = this.#next()
    switch (character) {
      case '(': {
        if (this.#take('?') && !this.#take(':')) throw new PatternError('group')
        const inner = this.#alternatives()
        if (!this.#take(')')) throw new PatternError('unbalanced')
        return inner
      }
      case '[':
        return { kind: 'test', test: this.#class() }
      case '.':
        return { kind: 'test', test: (one) => one !== '\n' }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return { kind: 'test', test: this.#escape() }
      case '*':
      case '+':
      case '?':
        throw new PatternError('nothing to repeat')
      default:
        return { kind: 'test', test: (one) => one === character }
    }
  }

  #escape(): Test {
    const character = this.#next()
    const named = CLASSES.get(character)
    if (named !== undefined) return named
    const literal = this.#literalEscape(character)
    return (one) => one === literal
  }

  #literalEscape(character: string): string {
    const control = CONTROLS.get(character)
    if (control !== undefined) return control
    if (/^[0-9A-Za-z]$/.test(character)) throw new PatternError('unknown escape')
    return character
  }

  #class(): Test {
    const negated = this.#take('^')
    const tests: Test[] = []
    let isFirst = true
    for (;;) {
      const character = this.#next()
      if (character === ']' && !isFirst) break
      isFirst = false
      const named = character === '\\' ? CLASSES.get(this.#peek() ?? '') : undefined
      if (named !== undefined) {
        this.#next()
        tests.push(named)
        continue
      }
      const low = character === '\\' ? this.#literalEscape(this.#next()) : character
      if (this.#peek() !== '-' || this.#characters[this.#at + 1] === ']') {
        tests.push((one) => one === low)
        continue
      }
      this.#next()
      const end = this.#next()
      const high = end === '\\' ? this.#literalEscape(this.#next()) : end
      const [from = 0, to = 0] = [low.codePointAt(0), high.codePointAt(0)]
      if (from > to) throw new PatternError('range')
      tests.push((one) => (one.codePointAt(0) ?? -1) >= from && (one.codePointAt(0) ?? -1) <= to)
    }
    return (one) => tests.some((test) => test(one)) !== negated
  }

  #peek(): string | undefined {
    return this.#characters[this.#at]
  }

  #next(): string {
    const character = this.#characters[this.#at]
    if (character === undefined) throw new PatternError('unfinished')
    this.#at++
    return character
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }
}
