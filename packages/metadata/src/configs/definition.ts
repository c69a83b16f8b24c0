/**
 * The notation of a config key: name, type, default, validator, a sentence, and who may change it while running.
 * Defaults and values are text, exactly as DescribeConfigs shows them; null means not set. Facts: kafka-protocol §7
 * and Appendix B (Apache Kafka 3.9).
 */
export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password'

/** The wire's numbers (DescribeConfigs v3 ConfigType). */
export const ConfigTypeCode: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

/** Who may change a broker key while the broker runs. Topic keys are always 'cluster-wide'. */
export type DynamicScope = 'read-only' | 'per-broker' | 'cluster-wide'

/** A broker key that gives a topic key its default; `unitMs` converts hours and minutes. */
export interface ConfigSynonym {
  readonly name: string
  readonly unitMs?: number
}

export interface ConfigDefinition {
  readonly name: string
  readonly type: ConfigType
  readonly default: string | null
  /** What the key does, in our words. */
  readonly about: string
  readonly scope: DynamicScope
  /** In order of precedence; the first of them that is set wins. */
  readonly synonyms: readonly ConfigSynonym[]
  /** The complaint about a value that has the right type, or null when it is fine. */
  readonly check: ((value: string) => string | null) | null
}

export interface DefinitionOptions {
  readonly scope?: DynamicScope
  readonly synonyms?: readonly (string | ConfigSynonym)[]
  readonly min?: number
  readonly max?: number
  readonly oneOf?: readonly string[]
  readonly check?: (value: string) => string | null
}

type Default = string | number | boolean | null

function define(
  type: ConfigType,
  name: string,
  defaultValue: Default,
  about: string,
  options: DefinitionOptions = {},
): ConfigDefinition {
  return {
    name,
    type,
    default: defaultValue === null ? null : String(defaultValue),
    about,
    scope: options.scope ?? 'read-only',
    synonyms: (options.synonyms ?? []).map((synonym) => (typeof synonym === 'string' ? { name: synonym } : synonym)),
    check: options.check ?? rangeCheck(options) ?? choiceCheck(type, options),
  }
}

type Definer = (name: string, defaultValue: Default, about: string, options?: DefinitionOptions) => ConfigDefinition

export const bool: Definer = (...row) => define('boolean', ...row)
export const text: Definer = (...row) => define('string', ...row)
export const int: Definer = (...row) => define('int', ...row)
export const short: Definer = (...row) => define('short', ...row)
export const long: Definer = (...row) => define('long', ...row)
export const double: Definer = (...row) => define('double', ...row)
export const list: Definer = (...row) => define('list', ...row)
export const className: Definer = (...row) => define('class', ...row)
export const password: Definer = (...row) => define('password', ...row)

/** Kafka's Integer.MAX_VALUE and Long.MAX_VALUE as config texts. */
export const INT_MAX: string = '2147483647'
export const LONG_MAX: string = '9223372036854775807'

function rangeCheck({ min, max }: DefinitionOptions): ((value: string) => string | null) | null {
  if (min === undefined && max === undefined) return null
  return (value) => {
    const number = Number(value)
    if (min !== undefined && number < min) return `Value must be at least ${min}`
    if (max !== undefined && number > max) return `Value must be no more than ${max}`
    return null
  }
}

function choiceCheck(type: ConfigType, { oneOf }: DefinitionOptions): ((value: string) => string | null) | null {
  if (oneOf === undefined) return null
  const complaint = `String must be one of: ${oneOf.join(', ')}`
  if (type === 'list') return (value) => (splitList(value).every((item) => oneOf.includes(item)) ? null : complaint)
  return (value) => (oneOf.includes(value) ? null : complaint)
}

/** The items of a LIST value: trimmed, '' is the empty list. */
export function splitList(value: string): string[] {
  const trimmed = value.trim()
  return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim())
}

const INTEGER_RANGE: Readonly<Partial<Record<ConfigType, readonly [bigint, bigint]>>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}

/**
 * Checks `value` against type and validator. The complaint has Kafka's wording ("Invalid value x for configuration
 * key: …"); null when the value is fine.
 */
export function configValueError(definition: ConfigDefinition, value: string): string | null {
  const complaint = typeComplaint(definition.type, value.trim()) ?? definition.check?.(value.trim()) ?? null
  return complaint === null ? null : `Invalid value ${value} for configuration ${definition.name}: ${complaint}`
}

function typeComplaint(type: ConfigType, value: string): string | null {
  const range = INTEGER_RANGE[type]
  if (range !== undefined) {
    const isInteger = /^[+-]?\d{1,19}$/.test(value)
    const number = isInteger ? BigInt(value.replace(/^\+/, '')) : 0n
    return isInteger && number >= range[0] && number <= range[1] ? null : `Not a number of type ${type.toUpperCase()}`
  }
  if (type === 'double') {
    return value !== '' && Number.isFinite(Number(value)) ? null : 'Not a number of type DOUBLE'
  }
  if (type === 'boolean') {
    return /^(true|false)$/i.test(value) ? null : 'Expected value to be either true or false'
  }
  return null
}
