/**
 * The life of a registered broker, as a table: state × what its heartbeat asks for → next state (KIP-631). Pure; the
 * records that each edge writes stand in heartbeat.ts.
 */
export type BrokerState = 'fenced' | 'unfenced' | 'controlledShutdown' | 'shutdownNow'

export interface HeartbeatFacts {
  readonly wantFence: boolean
  readonly wantShutDown: boolean
  /** The broker has applied its own registration. */
  readonly isCaughtUp: boolean
  readonly hasLeaderships: boolean
  /** Every active broker has applied the records that moved this broker's leaderships away. */
  readonly othersHaveSeenDeparture: boolean
}

type Edges = (facts: HeartbeatFacts) => BrokerState

const TABLE: Readonly<Record<'fenced' | 'unfenced' | 'controlledShutdown', Edges>> = {
  fenced: ({ wantShutDown, wantFence, isCaughtUp }) => {
    if (wantShutDown) return 'shutdownNow'
    return !wantFence && isCaughtUp ? 'unfenced' : 'fenced'
  },
  unfenced: ({ wantFence, wantShutDown, hasLeaderships }) => {
    if (wantFence) return wantShutDown ? 'shutdownNow' : 'fenced'
    if (!wantShutDown) return 'unfenced'
    return hasLeaderships ? 'controlledShutdown' : 'shutdownNow'
  },
  controlledShutdown: ({ hasLeaderships, othersHaveSeenDeparture }) =>
    hasLeaderships || !othersHaveSeenDeparture ? 'controlledShutdown' : 'shutdownNow',
}

/** The state a heartbeat leads to. 'shutdownNow' is not kept: the broker is fenced and told to stop. */
export function nextBrokerState(current: Exclude<BrokerState, 'shutdownNow'>, facts: HeartbeatFacts): BrokerState {
  return TABLE[current](facts)
}
