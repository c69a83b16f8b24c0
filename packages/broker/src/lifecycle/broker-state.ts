/**
 * The states of a broker and what leads from one to the other. The one writer is BrokerState.on; an event that the
 * table does not list for a state is a bug.
 *
 *   starting ─registered▶ fenced ─unfenced▶ running ─shutdownAsked▶ pendingControlledShutdown ─closed▶ shuttingDown
 *
 * 'starting' is also where a running broker is whose registration the controller does not know: it goes on serving with
 * its last image while it registers again.
 */
import { InvariantError } from '@millrace/base/invariant'

export type BrokerStateName = 'starting' | 'fenced' | 'running' | 'pendingControlledShutdown' | 'shuttingDown'
export type BrokerEvent = 'registered' | 'unfenced' | 'fenced' | 'registrationLost' | 'shutdownAsked' | 'closed'

export const BROKER_TRANSITIONS: Readonly<
  Record<BrokerStateName, Readonly<Partial<Record<BrokerEvent, BrokerStateName>>>>
> = {
  starting: {
    registered: 'fenced',
    registrationLost: 'starting',
    shutdownAsked: 'shuttingDown',
    closed: 'shuttingDown',
  },
  fenced: {
    unfenced: 'running',
    fenced: 'fenced',
    registrationLost: 'starting',
    shutdownAsked: 'pendingControlledShutdown',
    closed: 'shuttingDown',
  },
  running: {
    unfenced: 'running',
    fenced: 'fenced',
    registrationLost: 'starting',
    shutdownAsked: 'pendingControlledShutdown',
    closed: 'shuttingDown',
  },
  pendingControlledShutdown: {
    unfenced: 'pendingControlledShutdown',
    fenced: 'pendingControlledShutdown',
    registrationLost: 'shuttingDown',
    shutdownAsked: 'pendingControlledShutdown',
    closed: 'shuttingDown',
  },
  shuttingDown: { shutdownAsked: 'shuttingDown', closed: 'shuttingDown' },
}

export class BrokerState {
  #name: BrokerStateName = 'starting'
  readonly #onChange: (from: BrokerStateName, to: BrokerStateName, event: BrokerEvent) => void

  constructor(onChange: (from: BrokerStateName, to: BrokerStateName, event: BrokerEvent) => void) {
    this.#onChange = onChange
  }

  get name(): BrokerStateName {
    return this.#name
  }

  /** Takes the step the table lists; throws InvariantError for one it does not. */
  on(event: BrokerEvent): void {
    const from = this.#name
    const to = BROKER_TRANSITIONS[from][event]
    if (to === undefined) throw new InvariantError('broker state has no such event', { state: from, event })
    this.#name = to
    if (to !== from) this.#onChange(from, to, event)
  }
}
