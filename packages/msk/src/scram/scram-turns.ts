/**
 * Whoever changes the SCRAM users of a cluster does so in turn: an association that ends while its secret is being followed
 * must not leave its user behind.
 */
import { Exclusive } from '@millrace/base/exclusive'

export class ScramTurns {
  readonly #ofClusters = new Map<string, Exclusive>()

  /** What `work` reads of the cluster's associations stays so until it has ended. */
  take<T>(clusterArn: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#ofClusters.get(clusterArn) ?? new Exclusive()
    this.#ofClusters.set(clusterArn, turns)
    return turns.run(work)
  }
}
