/**
 * The syntax of RE2 as far as whole names can be matched with it: literals, escapes (\d \w \s \pL \p{Greek} \x41 \Q…\E …),
 * '.', classes with [:alpha:] and \p, groups (plain, (?:…), (?P<name>…), (?flags:…)), '|', '*', '+', '?', '{m,n}' greedy or
 * not, '^', '$', \A, \z, \b, \B, and the flags i and s (m and U change nothing for a whole name without line ends).
 * Look-around and back references are errors, as in RE2.
 */

const REPEAT_MAX = 1_000
const DEPTH_MAX = 100

export type Test = (character: string) => boolean

export type Node =
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'wordBoundary'; readonly negated: boolean }
  | { readonly kind: 'all'; readonly nodes: readonly Node[] }
  | { readonly kind: 'any'; readonly nodes: readonly Node[] }
  /** max null: without bound. */
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number | null }

/** The text is not a pattern. */
export class PatternError extends Error {}

/** Throws PatternError. */
export function parsePattern(pattern: string): Node {
  return new Parser(Array.from(pattern)).parse()
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
const POSIX: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /^[0-9A-Za-z]$/],
  ['alpha', /^[A-Za-z]$/],
  ['ascii', /^\p{ASCII}$/u],
  ['blank', /^[\t ]$/],
  ['digit', /^[0-9]$/],
  ['graph', /^[!-~]$/],
  ['lower', /^[a-z]$/],
  ['print', /^[ -~]$/],
  ['punct', /^[!-/:-@[-`{-~]$/],
  ['space', /^[\t\n\v\f\r ]$/],
  ['upper', /^[A-Z]$/],
  ['word', /^[0-9A-Za-z_]$/],
  ['xdigit', /^[0-9A-Fa-f]$/],
])
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

interface Flags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
}

class Parser {
  readonly #characters: readonly string[]
  #at = 0
  #depth = 0
  #flags: Flags = { ignoreCase: false, dotAll: false }

  constructor(characters: readonly string[]) {
    this.#characters = characters
  }

  parse(): Node {
    const node = this.#alternatives()
    if (this.#at < this.#characters.length) throw new PatternError('unbalanced')
    return node
  }

  #alternatives(): Node {
    if (++this.#depth > DEPTH_MAX) throw new PatternError('too deep')
    const nodes = [this.#sequence()]
    while (this.#take('|')) nodes.push(this.#sequence())
    this.#depth--
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'any', nodes }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      if (next === '\\' && this.#characters[this.#at + 1] === 'Q') nodes.push(...this.#quoted())
      else nodes.push(this.#repeated(this.#atom()))
    }
    return { kind: 'all', nodes }
  }

  /** \Q…\E, or to the end: literals. */
  #quoted(): Node[] {
    this.#at += 2
    const nodes: Node[] = []
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      this.#at++
      if (next === '\\' && this.#take('E')) break
      nodes.push(this.#literal(next))
    }
    const last = nodes.pop()
    return last === undefined ? [] : [...nodes, this.#repeated(last)]
  }

  #repeated(node: Node): Node {
    let bounds: readonly [number, number | null] | null = null
    if (this.#take('*')) bounds = [0, null]
    else if (this.#take('+')) bounds = [1, null]
    else if (this.#take('?')) bounds = [0, 1]
    else if (this.#peek() === '{') bounds = this.#counts()
    if (bounds === null) return node
    // How greedy it is makes no difference when the whole name must match.
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
      case '(':
        return this.#group()
      case '[':
        return this.#tested(this.#class())
      case '.': {
        const { dotAll } = this.#flags
        return { kind: 'test', test: (one) => dotAll || one !== '\n' }
      }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new PatternError('nothing to repeat')
      default:
        return this.#literal(character)
    }
  }

  #group(): Node {
    const outer = this.#flags
    if (this.#take('?') && this.#groupKind() === 'flags') return { kind: 'all', nodes: [] }
    const inner = this.#alternatives()
    if (!this.#take(')')) throw new PatternError('unbalanced')
    this.#flags = outer
    return inner
  }

  /** What stands behind '(?': a name, or flags for the group or, up to ')', for what follows. */
  #groupKind(): 'flags' | 'group' {
    const rest = this.#characters.slice(this.#at, this.#at + 64).join('')
    const name = /^P?<([A-Za-z_][0-9A-Za-z_]*)>/.exec(rest)
    const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest)
    if (name !== null) {
      this.#at += name[0].length
      return 'group'
    }
    if (flags === null) throw new PatternError('group')
    const [whole, on = '', off = '', end] = flags
    this.#at += whole.length
    const flag = (letter: string, before: boolean): boolean => (before || on.includes(letter)) && !off.includes(letter)
    this.#flags = { ignoreCase: flag('i', this.#flags.ignoreCase), dotAll: flag('s', this.#flags.dotAll) }
    return end === ')' ? 'flags' : 'group'
  }

  #literal(literal: string): Node {
    return this.#tested((one) => one === literal)
  }

  #tested(test: Test): Node {
    if (!this.#flags.ignoreCase) return { kind: 'test', test }
    return { kind: 'test', test: (one) => test(one) || test(one.toLowerCase()) || test(one.toUpperCase()) }
  }

  #escape(): Node {
    const character = this.#next()
    const named = this.#namedClass(character)
    if (named !== null) return { kind: 'test', test: named }
    if (character === 'A') return { kind: 'start' }
    if (character === 'z') return { kind: 'end' }
    if (character === 'b' || character === 'B') return { kind: 'wordBoundary', negated: character === 'B' }
    return this.#literal(this.#literalEscape(character))
  }

  /** \d, \pL, \p{Greek}, \P{…}, …; null when `character` begins no class. */
  #namedClass(character: string): Test | null {
    if (character !== 'p' && character !== 'P') return CLASSES.get(character) ?? null
    let name = this.#next()
    if (name === '{') {
      const close = this.#characters.indexOf('}', this.#at)
      if (close < 0) throw new PatternError('class')
      name = this.#characters.slice(this.#at, close).join('')
      this.#at = close + 1
    }
    const negated = name.startsWith('^') !== (character === 'P')
    const test = unicodeClass(name.replace(/^\^/, ''))
    return (one) => test.test(one) !== negated
  }

  #literalEscape(character: string): string {
    const control = CONTROLS.get(character)
    if (control !== undefined) return control
    if (character === 'x') return this.#hexadecimal()
    if (/^[0-9A-Za-z]$/.test(character)) throw new PatternError('unknown escape')
    return character
  }

  #hexadecimal(): string {
    const match = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(
      this.#characters.slice(this.#at, this.#at + 8).join(''),
    )
    const code = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16)
    if (match === null || code > 0x10ffff) throw new PatternError('unknown escape')
    this.#at += match[0].length
    return String.fromCodePoint(code)
  }

  #class(): Test {
    const negated = this.#take('^')
    const tests: Test[] = []
    let isFirst = true
    for (;;) {
      const character = this.#next()
      if (character === ']' && !isFirst) break
      isFirst = false
      const named = this.#classItem(character)
      if (named !== null) {
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

  /** A class within a class: \d, \pL, [:alpha:]. */
  #classItem(character: string): Test | null {
    if (character === '\\') {
      const escaped = this.#peek() ?? ''
      if (!CLASSES.has(escaped) && escaped !== 'p' && escaped !== 'P') return null
      this.#at++
      return this.#namedClass(escaped)
    }
    if (character !== '[' || this.#peek() !== ':') return null
    const match = /^:(\^?)([a-z]+):\]/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''))
    const set = POSIX.get(match?.[2] ?? '')
    if (match === null || set === undefined) throw new PatternError('class')
    this.#at += match[0].length
    return (one) => set.test(one) === (match[1] === '')
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

/** One character of a general category or a script; JavaScript knows the same names. */
function unicodeClass(name: string): RegExp {
  if (!/^[A-Za-z_]+$/.test(name)) throw new PatternError('class')
  for (const property of [name, `Script=${name}`]) {
    try {
      return new RegExp(`^\\p{${property}}$`, 'u')
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  throw new PatternError('class')
}
