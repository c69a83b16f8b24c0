/**
 * FetchContext: how one Fetch request stands to its session. It says which partitions are to be read and which results
 * are told. The request's (sessionId, sessionEpoch) decides (kafka-protocol §4.5):
 *
 *   (any, -1) no session, and the named one ends      (any, 0) full request that wants a new session
 *   (id, n)   incremental: all partitions of the session are read, what changed is told
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { FetchPartitionResult } from '../replication/fetch-types.ts'
import type { FetchSessionCache } from './fetch-session-cache.ts'
import { FINAL_EPOCH, FIRST_EPOCH, nextEpoch, type AskedPartition, type FetchSession } from './fetch-session.ts'

export interface FetchAsk {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** A follower's. */
  readonly privileged: boolean
  readonly byId: boolean
  readonly partitions: readonly AskedPartition[]
  readonly forgotten: readonly { readonly topic: string; readonly topicId: string; readonly partition: number }[]
}

export interface FetchContext {
  /** Of the session that there is already; 0: none. What a response says that tells nothing. */
  readonly sessionId: number
  /** To be read, in this order. */
  readonly partitions: readonly AskedPartition[]
  /** Called once with the results, in the order of `partitions`: the session id for the response, and what it holds. */
  conclude<R extends FetchPartitionResult<AskedPartition>>(
    results: readonly R[],
  ): { readonly sessionId: number; readonly told: readonly R[] }
}

export interface FetchContextError {
  readonly errorCode: number
}

export function openFetchContext(cache: FetchSessionCache, ask: FetchAsk): FetchContext | FetchContextError {
  if (ask.sessionEpoch === FINAL_EPOCH || ask.sessionEpoch === FIRST_EPOCH) {
    if (ask.sessionId !== 0) cache.remove(ask.sessionId)
    return ask.sessionEpoch === FINAL_EPOCH ? sessionless(ask) : full(cache, ask)
  }
  const session = cache.get(ask.sessionId)
  if (session === undefined) return { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
  if (session.epoch !== ask.sessionEpoch) return { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
  if (session.byId !== ask.byId) return { errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
  return incremental(cache, session, ask)
}

function sessionless({ partitions }: FetchAsk): FetchContext {
  return { sessionId: 0, partitions, conclude: (results) => ({ sessionId: 0, told: results }) }
}

/** The session begins with the response, so that a request that fails leaves none behind. */
function full(cache: FetchSessionCache, ask: FetchAsk): FetchContext {
  return {
    sessionId: 0,
    partitions: ask.partitions,
    conclude(results) {
      const { privileged, byId, partitions } = ask
      const session = partitions.length === 0 ? null : cache.create({ privileged, byId, size: partitions.length })
      if (session !== null) {
        for (const result of results) {
          session.set(result.request)
          session.get(result.request)?.mustTell(result)
        }
      }
      return { sessionId: session?.id ?? 0, told: results }
    },
  }
}

function incremental(cache: FetchSessionCache, session: FetchSession, ask: FetchAsk): FetchContext {
  session.epoch = nextEpoch(session.epoch)
  cache.touch(session)
  for (const asked of ask.partitions) session.set(asked)
  for (const forgotten of ask.forgotten) session.forget(forgotten)
  return {
    sessionId: session.id,
    partitions: Array.from(session.partitions, ({ asked }) => asked),
    conclude(results) {
      const told = results.filter((result) => session.get(result.request)?.mustTell(result) ?? false)
      for (const { request, records } of told) if ((records?.sizeBytes ?? 0) > 0) session.moveToBack(request)
      return { sessionId: session.id, told }
    },
  }
}
