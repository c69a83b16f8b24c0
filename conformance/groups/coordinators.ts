/** A cluster that is asked request by request, each at the broker that coordinates the group it is about. */
import { Wire, type Answered } from '../authorization/wire.ts'
import { untilAnswer } from '../harness/until-answer.ts'

export interface Question {
  readonly apiKey: number
  readonly version: number
  readonly body: object
}

interface Found {
  readonly errorCode: number
  readonly nodeId: number
}

export class Coordinators {
  /** By node id. */
  readonly #brokers: Map<number, Wire> = new Map()

  /** @param bootstrap 'host:port,…' of every broker, without login */
  static async open(bootstrap: string): Promise<Coordinators> {
    const opened = new Coordinators()
    const first = await wireTo(bootstrap.split(',')[0] ?? '')
    const { brokers } = await first.ask(60, 0, { includeClusterAuthorizedOperations: false })
    first.close()
    for (const { brokerId, host, port } of brokers as { brokerId: number; host: string; port: number }[])
      opened.#brokers.set(brokerId, await Wire.open({ host, port, ca: null }))
    return opened
  }

  close(): void {
    for (const wire of this.#brokers.values()) wire.close()
  }

  /** Any broker. */
  ask({ apiKey, version, body }: Question): Promise<Answered> {
    return this.#all[0]!.ask(apiKey, version, body)
  }

  askAll({ apiKey, version, body }: Question): Promise<Answered[]> {
    return Promise.all(this.#all.map((wire) => wire.ask(apiKey, version, body)))
  }

  async askFor(groupId: string, { apiKey, version, body }: Question): Promise<Answered> {
    const asked = { apiKey: 10, version: 4, body: { keyType: 0, coordinatorKeys: [groupId] } }
    const told = await untilAnswer(
      `the coordinator of ${groupId}`,
      () => this.ask(asked),
      (answer) => coordinatorIn(answer).errorCode === 0,
    )
    const wire = this.#brokers.get(coordinatorIn(told).nodeId)
    if (wire === undefined) throw new Error(`${groupId} is coordinated by a broker that is not there`)
    return wire.ask(apiKey, version, body)
  }

  get #all(): Wire[] {
    return [...this.#brokers.values()]
  }
}

function coordinatorIn(answer: Answered): Found {
  return (answer['coordinators'] as Found[])[0] ?? { errorCode: -1, nodeId: -1 }
}

function wireTo(address: string): Promise<Wire> {
  const [host = '', port = ''] = address.split(':')
  return Wire.open({ host, port: Number(port), ca: null })
}
