/**
 * What a leader knows of one follower, learned from the follower's fetches alone: a Fetch at offset n says "I have
 * everything below n". Caught up means: its fetch offset reached the leader's log end as that was at this or at its
 * previous fetch (kafka-protocol §4.2), so that a follower that always lags by one busy round trip stays in sync.
 */
export class FollowerProgress {
  readonly brokerId: number
  /** -1 until its first fetch in this leader epoch. */
  logEndOffset = -1
  logStartOffset = -1
  /** Monotonic ms of the last time the follower had everything; -Infinity: never in this leader epoch. */
  lastCaughtUpMs: number = -Infinity
  /** Broker epoch named in its last fetch; -1 when the fetch named none. */
  brokerEpoch = -1
  /** The high watermark that its last answer told it; -1: none yet. */
  toldHighWatermark = -1
  #lastFetchMs = 0
  #lastFetchLeaderEndOffset = 0

  constructor(brokerId: number) {
    this.brokerId = brokerId
  }

  /** Starts afresh for a new leader epoch; members of the ISR count as caught up at that moment. */
  reset(inSync: boolean, nowMs: number, leaderEndOffset: number): void {
    this.logEndOffset = -1
    this.logStartOffset = -1
    this.brokerEpoch = -1
    this.toldHighWatermark = -1
    this.lastCaughtUpMs = inSync ? nowMs : -Infinity
    this.#lastFetchMs = inSync ? nowMs : 0
    this.#lastFetchLeaderEndOffset = leaderEndOffset
  }

  /** Takes note of a fetch. `leaderEndOffset` is the leader's log end at `nowMs`. */
  fetched(
    fetchOffset: number,
    logStartOffset: number,
    brokerEpoch: number,
    nowMs: number,
    leaderEndOffset: number,
  ): void {
    if (fetchOffset >= leaderEndOffset) this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, nowMs)
    else if (fetchOffset >= this.#lastFetchLeaderEndOffset) {
      this.lastCaughtUpMs = Math.max(this.lastCaughtUpMs, this.#lastFetchMs)
    }
    this.logEndOffset = fetchOffset
    this.logStartOffset = logStartOffset
    this.brokerEpoch = brokerEpoch
    this.#lastFetchMs = nowMs
    this.#lastFetchLeaderEndOffset = leaderEndOffset
  }

  /** In step with a leader whose log ends at `leaderEndOffset`: has all of it, or had all at most `lagMsMax` ago. */
  isCaughtUp(leaderEndOffset: number, nowMs: number, lagMsMax: number): boolean {
    return this.logEndOffset === leaderEndOffset || nowMs - this.lastCaughtUpMs <= lagMsMax
  }
}
