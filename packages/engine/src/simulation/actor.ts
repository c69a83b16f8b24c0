/** Somebody who uses the simulated cluster until told to stop, and then finishes what was begun. */
export interface Actor {
  /** Takes on nothing new. */
  stop(): void
  /** Stopped, and nothing is under way. */
  readonly idle: boolean
  /** What was heard last, for a run that does not end. */
  readonly trouble: string
}
