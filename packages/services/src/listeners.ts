/** Who wants to hear of changed resources, by ARN. */
export class Listeners {
  readonly #listeners = new Set<(arn: string) => void>()

  subscribe(listener: (arn: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(arn: string): void {
    for (const listener of this.#listeners) listener(arn)
  }
}
