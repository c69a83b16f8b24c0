/**
 * Kafka's `ssl.principal.mapping.rules` (KIP-371): a name made of a certificate's subject by the first rule that fits.
 *
 *     RULE:^CN=([^,]+),.*$/$1/L, DEFAULT        CN=Alice,O=x → alice, anything else as it is
 *
 * Rules are split and read as Kafka's SslPrincipalMapper does; the table of the test was written by it.
 */

/** The name for a subject; null: no rule fits, so the client cannot come in. */
export type PrincipalMapping = (subject: string) => string | null

/** The rules are none. */
export class PrincipalMappingError extends Error {
  override readonly name = 'PrincipalMappingError'
}

type Rule = (subject: string) => string | null

const RULE = String.raw`(DEFAULT)|RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?).*?|(?:.*?)`

/** @throws PrincipalMappingError */
export function parsePrincipalMapping(rules: string): PrincipalMapping {
  const parsed = split(rules.trim()).flatMap((rule) => parse(rule) ?? [])
  return (subject) => {
    for (const rule of parsed) {
      const name = rule(subject)
      if (name !== null) return name
    }
    return null
  }
}

function split(rules: string): string[] {
  const found: string[] = []
  const splitter = new RegExp(String.raw`\s*(${RULE})\s*(?:,\s*|$)`, 'g')
  for (const match of rules.matchAll(splitter)) found.push(match[1] ?? '')
  return found
}

/** Null: an empty rule, which says nothing. */
function parse(rule: string): Rule | null {
  const match = new RegExp(RULE, 'y').exec(rule)
  const rest = rule.slice(match?.[0].length ?? 0)
  if (match === null || rest !== '')
    throw new PrincipalMappingError(`Invalid rule: \`${rule}\`, unmatched substring: \`${rest}\``)
  const [, isDefault, pattern, replacement = '', letters] = match
  if (isDefault !== undefined) return (subject) => subject
  return pattern === undefined ? null : rewriting(rule, { pattern, replacement, letters })
}

function rewriting(
  rule: string,
  options: { readonly pattern: string; readonly replacement: string; readonly letters: string | undefined },
): Rule {
  let whole: RegExp
  let each: RegExp
  try {
    whole = new RegExp(`^(?:${options.pattern})$`)
    each = new RegExp(options.pattern, 'g')
  } catch (cause) {
    throw new PrincipalMappingError(`Invalid rule: \`${rule}\`: ${(cause as Error).message}`, { cause })
  }
  return (subject) => {
    if (!whole.test(subject)) return null
    // Kafka replaces every match, not the one that decided.
    const name = subject.replace(each, (...groups: (string | undefined)[]) => filled(options.replacement, groups))
    if (options.letters === 'L') return name.toLowerCase()
    return options.letters === 'U' ? name.toUpperCase() : name
  }
}

/** `$1` is a group, if there is one of that number; a backslash takes the next character as it is. */
function filled(replacement: string, groups: readonly (string | undefined)[]): string {
  // What `replace` passes: the match, its groups, where it was, and the subject.
  const count = groups.length - 3
  return replacement.replaceAll(/\\(.)|\$(\d+)/g, (written: string, literal: string | undefined, digits: string) => {
    if (literal !== undefined) return literal
    const number = Number(digits)
    return number <= count ? (groups[number] ?? '') : written
  })
}
