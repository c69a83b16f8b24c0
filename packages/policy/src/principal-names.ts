/**
 * The names in the Principal elements of a stored policy. When a policy is stored, AWS replaces the ARNs of users and roles by
 * their unique ids, so that it never speaks of another one who is later given the same name; when it is read, ids become ARNs
 * again, except those of users and roles that are gone. Here that is done on the text, which otherwise stays as its author wrote
 * it. Source: "AWS JSON policy elements: Principal" of the IAM user guide.
 */

/** Who is called what; owned by whoever keeps users and roles. */
export interface PrincipalNames {
  /**
   * How `name`, a principal as a policy writes it, is stored. A name that has no id stays as it is: `*`, an account, its root.
   * @throws UnknownPrincipalError for whom there is not
   */
  stored(name: string): string
  /** How the stored `name` is shown. */
  shown(name: string): string
}

/** Where nobody is known: names stay as they are. */
export const unchangedNames: PrincipalNames = { stored: (name) => name, shown: (name) => name }

export class UnknownPrincipalError extends Error {
  override readonly name = 'UnknownPrincipalError'
  readonly principal: string

  constructor(principal: string) {
    super(`Invalid principal in policy: "AWS":"${principal}"`)
    this.principal = principal
  }
}

/**
 * `text`, which parsePolicy has read, as it is stored.
 * @throws UnknownPrincipalError
 */
export function storedPolicy(text: string, names: PrincipalNames): string {
  return renamed(text, (name) => names.stored(name))
}

/** A stored policy as it is shown. */
export function shownPolicy(text: string, names: PrincipalNames): string {
  return renamed(text, (name) => names.shown(name))
}

function renamed(text: string, rename: (name: string) => string): string {
  let written = ''
  let at = 0
  for (const { start, end, name } of principalsIn(text)) {
    const other = rename(name)
    if (other === name) continue
    written += text.slice(at, start) + JSON.stringify(other)
    at = end
  }
  return written + text.slice(at)
}

interface Found {
  /** Of the literal, quotes included; `end` is excluded. */
  readonly start: number
  readonly end: number
  readonly name: string
}

interface Level {
  /** The member that is being read; null: none yet, or this is a list. */
  member: string | null
  readonly isList: boolean
}

/** Members that lead to a name, lists left out. */
const PATHS: ReadonlySet<string> = new Set(['Statement.Principal.AWS', 'Statement.NotPrincipal.AWS'])

function* principalsIn(text: string): Iterable<Found> {
  const levels: Level[] = []
  for (const { 0: token, index: start } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const level = levels.at(-1)
    if (token === '{' || token === '[') levels.push({ member: null, isList: token === '[' })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',') {
      if (level?.isList === false) level.member = null
    } else if (level?.isList === false && level.member === null) level.member = JSON.parse(token) as string
    else if (PATHS.has(levels.flatMap(({ member }) => member ?? []).join('.')))
      yield { start, end: start + token.length, name: JSON.parse(token) as string }
  }
}
