/**
 * Routes of the REST protocols, built from the model. A path is split at its slashes first and decoded afterwards, part by
 * part: a resource name with slashes in it (`%2F`) is one part. Of several routes that fit, the one with the earlier
 * literal part wins.
 */
import type { Model, Operation } from '../model.ts'
import type { ApiRequest, Route } from './protocol.ts'

interface RestRoute {
  readonly operation: Operation
  readonly parts: readonly RoutePart[]
}

/** A literal text, or the name of a label. */
type RoutePart = { readonly literal: string } | { readonly label: string }

/** By method and number of parts, most literal first. */
type RouteTable = ReadonlyMap<string, readonly RestRoute[]>

const tables = new WeakMap<Model, RouteTable>()

export function findRoute(model: Model, request: ApiRequest): Route | null {
  let table = tables.get(model)
  if (table === undefined) {
    table = buildTable(model)
    tables.set(model, table)
  }
  const parts = request.rawPath.split('/').slice(1)
  for (const route of table.get(`${request.method} ${parts.length}`) ?? []) {
    const labels = matchParts(route.parts, parts)
    if (labels !== null) return { operation: route.operation, labels }
  }
  return null
}

function matchParts(route: readonly RoutePart[], parts: readonly string[]): ReadonlyMap<string, string> | null {
  const labels = new Map<string, string>()
  for (const [index, part] of route.entries()) {
    const text = decodePart(parts[index] ?? '')
    if (text === null || text === '') return null
    if ('label' in part) labels.set(part.label, text)
    else if (part.literal !== text) return null
  }
  return labels
}

function decodePart(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

function buildTable(model: Model): RouteTable {
  const table = new Map<string, RestRoute[]>()
  for (const operation of model.operations.values()) {
    if (operation.http === null) continue
    const parts = operation.http.path.split('/').slice(1).map(routePart)
    const key = `${operation.http.method} ${parts.length}`
    table.set(key, [...(table.get(key) ?? []), { operation, parts }])
  }
  for (const routes of table.values()) routes.sort((a, b) => (shapeOf(a) < shapeOf(b) ? -1 : 1))
  return table
}

function routePart(text: string): RoutePart {
  const label = /^\{(\w+)\}$/.exec(text)?.[1]
  return label === undefined ? { literal: text } : { label }
}

/** Sorts literal parts before labels, from left to right. */
function shapeOf(route: RestRoute): string {
  return route.parts.map((part) => ('label' in part ? '1' : '0')).join('')
}
