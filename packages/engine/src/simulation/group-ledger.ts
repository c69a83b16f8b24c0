/** What producers of a group's topic tell, and what the promises of every kind of group begin with. */
import type { Ledger } from './ledger.ts'
import type { ProducerLedger } from './simulated-producer.ts'
import { StandingRecords } from './standing-records.ts'

export class GroupLedger implements ProducerLedger {
  protected readonly ledger: Ledger
  /** As they were acknowledged to producers, and given to members. */
  protected readonly records: StandingRecords

  /** @param kind of the group, for people */
  constructor(ledger: Ledger, kind: string) {
    this.ledger = ledger
    this.records = new StandingRecords((what) => this.broken(`${kind}: ${what}`))
  }

  broken(what: string): void {
    this.ledger.broken(what)
  }

  acknowledged(partition: number, offset: number, value: string): void {
    this.ledger.count('acknowledged')
    this.records.stands(String(partition), offset, value, 'acknowledged')
  }

  sent(): void {
    // Order and uniqueness of idempotent producers are looked at elsewhere.
  }

  forgotten(): void {
    // Nothing was kept.
  }

  producerIdGiven(producerId: number): void {
    this.ledger.producerIdGiven(producerId)
  }
}
