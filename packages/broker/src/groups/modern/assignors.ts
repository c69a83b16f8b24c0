/** The server-side assignors, by name (group.consumer.assignors). */
import type { Assignor } from './assignor.ts'
import { rangeAssignor } from './range-assignor.ts'
import { uniformAssignor } from './uniform-assignor.ts'

const KNOWN: readonly Assignor[] = [uniformAssignor, rangeAssignor]

/** The configured assignors in their order, the default first. Names without an assignor here are left out. */
export function assignorsByName(names: readonly string[]): ReadonlyMap<string, Assignor> {
  const found = new Map<string, Assignor>()
  for (const name of names) {
    const assignor = KNOWN.find((one) => one.name === classToName(name))
    if (assignor !== undefined) found.set(assignor.name, assignor)
  }
  return found.size > 0 ? found : new Map([[uniformAssignor.name, uniformAssignor]])
}

/** Kafka also takes the names of its classes (org.apache.kafka.coordinator.group.assignor.UniformAssignor). */
function classToName(name: string): string {
  return (name.split('.').at(-1) ?? name).replace(/Assignor$/, '').toLowerCase()
}
