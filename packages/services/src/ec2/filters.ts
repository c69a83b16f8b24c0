/** `Filter.N.Name` and `Filter.N.Value.M`: every filter must match one of its values, in which `*` and `?` stand for anything. */
import { refused } from './errors.ts'
import type { Tags } from './records.ts'

export interface Filter {
  readonly Name?: string | undefined
  readonly Values?: readonly string[] | undefined
}

/** What a resource shows under each filter name; `tag:KEY`, `tag-key` and `tag-value` come from its tags. */
export type FilterValues = Readonly<Record<string, readonly (string | number | boolean | null)[]>>

export interface Filterable {
  readonly tags: Tags
}

/** @throws AwsError InvalidParameterValue for a filter that the operation does not know */
export function filtered<T extends Filterable>(
  resources: readonly T[],
  filters: readonly Filter[] | undefined,
  names: readonly string[],
  valuesOf: (resource: T) => FilterValues,
): T[] {
  if (filters === undefined || filters.length === 0) return [...resources]
  for (const { Name } of filters) requireKnown(Name ?? '', names)
  return resources.filter((resource) => {
    const values = valuesOf(resource)
    return filters.every(({ Name = '', Values = [] }) => matches(shown(Name, resource.tags, values), Values))
  })
}

function requireKnown(name: string, names: readonly string[]): void {
  if (names.includes(name) || name === 'tag-key' || name === 'tag-value' || name.startsWith('tag:')) return
  throw refused('InvalidParameterValue', `The filter '${name}' is invalid`)
}

function shown(name: string, tags: Tags, values: FilterValues): readonly string[] {
  if (name === 'tag-key') return Object.keys(tags)
  if (name === 'tag-value') return Object.values(tags)
  if (name.startsWith('tag:'))
    return Object.entries(tags).flatMap(([key, value]) => (key === name.slice(4) ? [value] : []))
  return (values[name] ?? []).flatMap((value) => (value === null ? [] : [String(value)]))
}

function matches(shownValues: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((pattern) => {
    const regular = patternOf(pattern)
    return shownValues.some((value) => regular.test(value))
  })
}

function patternOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's')
}
