/** Which names a new topic may have (kafka-protocol §4.4). Messages are Kafka's. */
const NAME_LENGTH_MAX = 249
const LEGAL = /^[a-zA-Z0-9._-]+$/

/** The complaint about `name` on its own, or null. */
export function topicNameError(name: string): string | null {
  const complaint = illegal(name)
  return complaint === null ? null : `Topic name is invalid: ${complaint}`
}

function illegal(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > NAME_LENGTH_MAX) {
    return `the length of '${name}' is longer than the max allowed length ${NAME_LENGTH_MAX}`
  }
  if (LEGAL.test(name)) return null
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/**
 * Metric names turn '.' into '_': topics that differ only by that collide. Holds the names that are taken; they are looked
 * through once, for the first name that could collide.
 */
export class TopicCollisions {
  readonly #taken: Iterable<string>
  readonly #made: string[] = []
  #byKey: Map<string, string> | null = null

  constructor(taken: Iterable<string>) {
    this.#taken = taken
  }

  /** The taken name that collides with `name` and is not `name` itself, or null. */
  with(name: string): string | null {
    if (!name.includes('.') && !name.includes('_')) return null
    if (this.#byKey === null) {
      this.#byKey = new Map()
      for (const taken of this.#taken) this.#remember(taken)
      for (const made of this.#made) this.#remember(made)
    }
    const other = this.#byKey.get(collisionKey(name))
    return other === undefined || other === name ? null : other
  }

  add(name: string): void {
    if (this.#byKey === null) this.#made.push(name)
    else this.#remember(name)
  }

  #remember(name: string): void {
    if (name.includes('.') || name.includes('_')) this.#byKey?.set(collisionKey(name), name)
  }
}

function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
