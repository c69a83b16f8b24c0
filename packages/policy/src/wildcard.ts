/**
 * Patterns of IAM policies: `*` is any text, `?` any one character, and `${key}` a value of the request. What a variable
 * brings in is literal, so a user named `*` matches only himself. Time is bounded by pattern length × text length; no
 * regular expressions, hence no pattern that takes for ever.
 */

/** Gives the value of a policy variable, or null if the request has none or several. */
export type VariableLookup = (key: string) => string | null

/** Whether a text fits; variables may be asked for values of the request. */
export type TextTest = (text: string, variables: VariableLookup) => boolean

type Token = string | typeof any | typeof one

const any: unique symbol = Symbol('any text')
const one: unique symbol = Symbol('any one character')

/** False also when a variable has no value. */
export function matches(pattern: string, text: string, variables: VariableLookup | null = null): boolean {
  const tokens = tokenize(pattern, variables)
  return tokens !== null && matchTokens(tokens, characters(text))
}

/** The same as `matches`, with the pattern read once. `dynamic`: it may hold variables, else `${` is plain text. */
export function compilePattern(pattern: string, dynamic: boolean): TextTest {
  if (dynamic && pattern.includes('${')) return (text, variables) => matches(pattern, text, variables)
  if (pattern === '*') return () => true
  const special = pattern.search(/[*?]/)
  if (special === -1) return (text) => text === pattern
  if (special === pattern.length - 1 && pattern.endsWith('*')) {
    const prefix = pattern.slice(0, -1)
    return (text) => text.startsWith(prefix)
  }
  if (!pattern.includes('?')) return pieces(pattern.split('*'))
  const tokens = tokenize(pattern, null) ?? []
  return (text) => matchTokens(tokens, characters(text))
}

/** Between stars: the first begins the text, the last ends it, the others follow each other as early as they can. */
function pieces([first = '', ...rest]: readonly string[]): TextTest {
  const last = rest.at(-1) ?? ''
  const between = rest.slice(0, -1)
  const charactersMin = first.length + last.length
  return (text) => {
    if (text.length < charactersMin || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const piece of between) {
      const found = text.indexOf(piece, at)
      if (found === -1 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}

/** The text with its variables filled in; null when one has no value. */
export function resolveVariables(text: string, variables: VariableLookup): string | null {
  let missing = false
  const resolved = text.replaceAll(/\$\{([^}]*)\}/g, (_whole, name: string) => {
    const value = variableValue(name, variables)
    missing ||= value === null
    return value ?? ''
  })
  return missing ? null : resolved
}

/** By code point; text without surrogates is its own list of them. */
function characters(text: string): ArrayLike<string> {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text
}

function tokenize(pattern: string, variables: VariableLookup | null): readonly Token[] | null {
  const tokens: Token[] = []
  for (let index = 0; index < pattern.length;) {
    const end = variables !== null && pattern.startsWith('${', index) ? pattern.indexOf('}', index) : -1
    if (end !== -1) {
      const value = variableValue(pattern.slice(index + 2, end), variables)
      if (value === null) return null
      tokens.push(...Array.from(value))
      index = end + 1
      continue
    }
    const character = String.fromCodePoint(pattern.codePointAt(index) ?? 0)
    tokens.push(character === '*' ? any : character === '?' ? one : character)
    index += character.length
  }
  return tokens
}

/** `${*}`, `${?}` and `${$}` are the characters themselves; `${key, 'default'}` has a default. */
function variableValue(text: string, variables: VariableLookup | null): string | null {
  if (text === '*' || text === '?' || text === '$') return text
  const [, key = text, fallback = null] = /^([^,]+?)\s*,\s*'([^']*)'$/.exec(text) ?? []
  return variables?.(key.trim()) ?? fallback
}

/** Goes back only to the last star: what an earlier one could take, the last one can take too. */
function matchTokens(tokens: readonly Token[], text: ArrayLike<string>): boolean {
  let at = 0
  let position = 0
  let starAt = -1
  let starPosition = 0
  while (position < text.length) {
    const token = tokens[at]
    if (token === any) {
      starAt = at++
      starPosition = position
    } else if (token !== undefined && (token === one || token === text[position])) {
      at++
      position++
    } else if (starAt !== -1) {
      at = starAt + 1
      position = ++starPosition
    } else {
      return false
    }
  }
  while (tokens[at] === any) at++
  return at === tokens.length
}
