/**
 * The cases of the table asked of the guards of broker and controller in this process, in front of handlers that do all
 * they are asked: seconds for thousands of questions, so that the guards can be asked in every mutation as well.
 */
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { brokerGuards } from '@millrace/broker/authorization/guards'
import type { BrokerRuntime } from '@millrace/broker/broker-runtime'
import { FetchSessionCache } from '@millrace/broker/fetch-session/fetch-session-cache'
import { fetchHandler } from '@millrace/broker/handlers/01-fetch'
import { incrementalAlterConfigsHandler } from '@millrace/broker/handlers/44-incremental-alter-configs'
import {
  ask,
  broker,
  createHandlerFixture,
  imageOf,
  partitionState,
  topic,
  type HandlerFixture,
} from '@millrace/broker/handlers/handler-fixture'
import { controllerGuards } from '@millrace/controller/authorization/guards'
import type { ControllerRuntime } from '@millrace/controller/controller-runtime'
import type { ApiHandler } from '@millrace/network/api-handler'
import { guardHandlers, type GuardTable } from '@millrace/network/guard'
import type { Access } from '@millrace/policy/acl/access'
import { Authorizer } from '@millrace/policy/acl/authorizer'
import type { Authority } from '@millrace/policy/acl/authority'
import { readAnswer, type Answer } from './answers.ts'
import type { TableCase } from './cases.ts'
import { filled, uniqueName, type Fillings } from './names.ts'
import { records } from './records.ts'
import { stubAnswer } from './stub-answer.ts'

/** Changes what a guard is told, or takes the guard away. */
export interface Mutation {
  readonly title: string
  /** null: no guard runs. */
  readonly access: ((access: Access) => Access) | null
}

/** Who decides for a case's principal, and what it is called. */
export interface Asker {
  readonly principal: string
  readonly authority: Authority
}

export class InProcess {
  readonly #fixture: HandlerFixture
  readonly #broker: GuardTable
  readonly #controller: GuardTable
  readonly #topicIds = new Map<string, string>()
  readonly #askerOf: (each: TableCase) => Asker
  readonly #accesses = new Map<number, Access>()

  constructor(cases: readonly TableCase[], askerOf: (each: TableCase) => Asker) {
    this.#askerOf = askerOf
    const own = cases.flatMap(({ row, id }) =>
      (row.before ?? []).filter((each) => each.startsWith('topic ')).map((each) => uniqueName(each.slice(6), id)),
    )
    for (const [index, name] of ['orders', 'invoices', ...own].entries()) {
      this.#topicIds.set(name, Buffer.from(`topic ${String(index).padStart(10, '0')}`).toString('base64url'))
    }
    const image = imageOf(
      [broker(1)],
      [...this.#topicIds].map(([name, id]) => topic(name, id, [partitionState({ replicas: [1] })])),
    )
    this.#fixture = createHandlerFixture(image, { 'auto.create.topics.enable': 'true' })
    this.#broker = brokerGuards(this.#fixture.runtime)
    this.#controller = controllerGuards({ image } as unknown as ControllerRuntime)
  }

  /** Whether something in this process checks the API: a guard, or a handler that is its own guard. */
  guards({ row: { key } }: TableCase): boolean {
    return key === ApiKey.Fetch || (this.#guardsOf(key)?.get(key) ?? null) !== null
  }

  answer(each: TableCase, mutation: Mutation | null = null): Answer | 'closed' | 'none' {
    const { row, id } = each
    const definition = apiByKey(row.key)
    if (definition === undefined) throw new Error(`API ${row.key} is not known`)
    const { request, response } = definition
    const fillings: Fillings = { caseId: id, topicIds: this.#topicIds, records }
    const body = filled(row.body, fillings)
    const { principal } = this.#askerOf(each)
    const handler = this.#handler(each, body, mutation)
    const told = ask(handler, request, response, row.version, body as never, {
      connection: { principal, remoteAddress: '127.0.0.1' },
    })
    if (told.closed !== null) return 'closed'
    if ((body as { acks?: number }).acks === 0) return 'none'
    return readAnswer(told.response, row, fillings)
  }

  #handler(each: TableCase, asked: unknown, mutation: Mutation | null): ApiHandler {
    const { key } = each.row
    const access = this.#accessOf(each)
    const mutated = mutation?.access === undefined || mutation.access === null ? access : mutation.access(access)
    const authorizer = { of: () => mutated } as unknown as Authorizer
    const runtime = { ...this.#fixture.runtime, authorizer }
    if (key === ApiKey.Fetch) return this.#fetch(runtime)
    const guards = this.#guardsOf(key)
    const isTaken = mutation?.access === null
    const table: GuardTable = isTaken || guards === null ? new Map([[key, null]]) : guards
    const guarded = guardHandlers(new Map([[key, this.#stub(each, asked)]]), table, authorizer).get(key)
    if (guarded === undefined) throw new Error(`API ${key} has no guard`)
    return key === ApiKey.IncrementalAlterConfigs
      ? (incrementalAlterConfigsHandler(runtime, null as never, guarded) as ApiHandler)
      : guarded
  }

  #guardsOf(key: number): GuardTable | null {
    if (this.#broker.has(key)) return this.#broker
    return this.#controller.has(key) ? this.#controller : null
  }

  #accessOf(each: TableCase): Access {
    let access = this.#accesses.get(each.id)
    if (access === undefined) {
      const { principal, authority } = this.#askerOf(each)
      const authorizer = new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => 0 })
      authorizer.use([authority])
      access = authorizer.of({ principal, remoteAddress: '127.0.0.1' })
      this.#accesses.set(each.id, access)
    }
    return access
  }

  #stub({ row, id }: TableCase, asked: unknown): ApiHandler {
    const definition = apiByKey(row.key)
    if (definition === undefined) throw new Error(`API ${row.key} is not known`)
    return {
      request: definition.request,
      response: definition.response,
      handle: (_context, passed, respond) =>
        respond(
          stubAnswer({ row, caseId: id, definition: definition.response, asked, passed, topicIds: this.#topicIds }),
        ),
    }
  }

  /** The handler of Fetch is its own guard. Every partition it lets through is read without an error. */
  #fetch(runtime: BrokerRuntime): ApiHandler {
    const { fetches } = this.#fixture
    const handler = fetchHandler(runtime, new FetchSessionCache(runtime.host, () => 0))
    return {
      ...handler,
      handle(context, request, respond) {
        handler.handle(context, request as never, respond)
        const parked = fetches.pop()
        parked?.answer(parked.spec.partitions.map(readPartition))
      },
    }
  }
}

function readPartition<P>(request: P): never {
  return {
    request,
    errorCode: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    divergingEpoch: null,
    currentLeader: null,
    preferredReadReplica: -1,
    abortedTransactions: null,
    records: null,
  } as never
}
