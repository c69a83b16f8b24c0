/**
 * Patterns over names (transactional ids: KIP-1152; topics of a subscription: KIP-848) in RE2's syntax, the parts of it that
 * match single characters: see pattern-syntax.ts. A whole name must match. The time is linear in the name, whatever the
 * pattern: a client's pattern must not hold the loop, as it could with JavaScript's backtracking. Sets of threads that were
 * met once are kept with where each character leads (a lazy DFA), so that matching thousands of topics costs a look-up per
 * character.
 */
import { parsePattern, PatternError, type Node, type Test } from './pattern-syntax.ts'

/** Instructions of one pattern; repetition counts multiply. */
const PROGRAM_MAX = 2_000
/** Kept thread sets, and kept steps of each; beyond, all are forgotten and found again. */
const STATES_MAX = 1_000
const STEPS_MAX = 10_000

type Instruction =
  | { readonly op: 'test'; readonly test: Test }
  | { readonly op: 'start' | 'end' | 'match' }
  | { readonly op: 'wordBoundary'; readonly negated: boolean }
  | { readonly op: 'go'; readonly to: readonly number[] }

interface State {
  readonly threads: readonly number[]
  readonly isEnd: boolean
  readonly next: Map<string, State>
}

/** Whether a whole name matches; null when the pattern is not one, or too large. */
export function compilePattern(pattern: string): ((name: string) => boolean) | null {
  try {
    const program: Instruction[] = []
    emit(parsePattern(pattern), program)
    program.push({ op: 'match' })
    // What a position's surroundings decide cannot be kept per set of threads.
    if (program.some(({ op }) => op === 'wordBoundary')) return (name) => runs(program, Array.from(name))
    const automaton = new Automaton(program)
    return (name) => automaton.matches(name)
  } catch (error) {
    if (error instanceof PatternError) return null
    throw error
  }
}

class Automaton {
  readonly #program: readonly Instruction[]
  readonly #states: Map<string, State> = new Map()
  #steps = 0
  #first: State

  constructor(program: readonly Instruction[]) {
    this.#program = program
    this.#first = this.#state(follow(program, [0], { isStart: true, isEnd: false }))
  }

  matches(name: string): boolean {
    if (name === '') return isMatch(this.#program, follow(this.#program, [0], { isStart: true, isEnd: true }))
    let state = this.#first
    for (const character of name) {
      state = state.next.get(character) ?? this.#step(state, character)
      if (state.threads.length === 0) return false
    }
    return state.isEnd
  }

  #step(state: State, character: string): State {
    if (this.#states.size > STATES_MAX || this.#steps > STEPS_MAX) this.#forget()
    const program = this.#program
    const reached: number[] = []
    for (const thread of state.threads) {
      const instruction = program[thread]
      if (instruction?.op === 'test' && instruction.test(character)) reached.push(thread + 1)
    }
    const next = this.#state(follow(program, reached, { isStart: false, isEnd: false }))
    state.next.set(character, next)
    this.#steps++
    return next
  }

  #forget(): void {
    this.#states.clear()
    this.#steps = 0
    this.#first = this.#state(new Set(this.#first.threads))
  }

  #state(threads: ReadonlySet<number>): State {
    const ordered = [...threads].sort((a, b) => a - b)
    const key = ordered.join(',')
    let state = this.#states.get(key)
    if (state === undefined) {
      const atEnd = follow(this.#program, ordered, { isStart: false, isEnd: true })
      state = { threads: ordered, isEnd: isMatch(this.#program, atEnd), next: new Map() }
      this.#states.set(key, state)
    }
    return state
  }
}

interface Surroundings {
  readonly isStart: boolean
  readonly isEnd: boolean
  /** Between a word character and none; only told to programs that ask. */
  readonly isBoundary?: boolean
}

const isWordCharacter = (character: string | undefined): boolean =>
  character !== undefined && /^[0-9A-Za-z_]$/.test(character)

function runs(program: readonly Instruction[], characters: readonly string[]): boolean {
  const around = (at: number): Surroundings => ({
    isStart: at === 0,
    isEnd: at === characters.length,
    isBoundary: isWordCharacter(characters[at - 1]) !== isWordCharacter(characters[at]),
  })
  let threads = follow(program, [0], around(0))
  for (let at = 0; at < characters.length; at++) {
    const reached: number[] = []
    for (const thread of threads) {
      const instruction = program[thread]
      if (instruction?.op === 'test' && instruction.test(characters[at] as string)) reached.push(thread + 1)
    }
    threads = follow(program, reached, around(at + 1))
    if (threads.size === 0) return false
  }
  return isMatch(program, threads)
}

function isMatch(program: readonly Instruction[], threads: ReadonlySet<number>): boolean {
  for (const thread of threads) if (program[thread]?.op === 'match') return true
  return false
}

/** All instructions reached from `from` without a character. */
function follow(program: readonly Instruction[], from: readonly number[], where: Surroundings): Set<number> {
  const threads = new Set<number>()
  const left = [...from]
  for (let index = left.pop(); index !== undefined; index = left.pop()) {
    if (threads.has(index)) continue
    threads.add(index)
    const instruction = program[index]
    if (instruction === undefined) continue
    const passes =
      (instruction.op === 'start' && where.isStart) ||
      (instruction.op === 'end' && where.isEnd) ||
      (instruction.op === 'wordBoundary' && where.isBoundary !== instruction.negated)
    if (instruction.op === 'go') left.push(...instruction.to)
    else if (passes) left.push(index + 1)
  }
  return threads
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
    case 'wordBoundary':
      program.push({ op: node.kind, negated: node.negated })
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
