/** Producer ids, handed out from blocks of 1000 that the controller allocates (AllocateProducerIds). */

export interface ProducerIds {
  /** A producer id never given before in this cluster; errorCode COORDINATOR_LOAD_IN_PROGRESS (and -1) while the controller is away. */
  next(callback: (errorCode: number, producerId: number) => void): void
}
