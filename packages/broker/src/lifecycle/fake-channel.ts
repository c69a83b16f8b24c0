/** For tests: a PeerChannel that keeps what is sent and answers when the test says so. */
import type { PeerChannel } from './controller-channel.ts'

export interface SentRequest {
  readonly apiKey: number
  readonly version: number
  readonly body: Readonly<Record<string, unknown>>
  readonly answer: (response: object) => void
  readonly fail: (message: string) => void
}

export interface FakeChannel extends PeerChannel {
  /** In order; the test shifts them out. */
  readonly sent: SentRequest[]
}

export function createFakeChannel(): FakeChannel {
  const sent: SentRequest[] = []
  return {
    connected: true,
    sent,
    send: (request, _response, version, body, callback) => {
      const answered = callback as (error: Error | null, response: unknown) => void
      sent.push({
        apiKey: request.apiKey,
        version,
        body: body as Readonly<Record<string, unknown>>,
        answer: (response) => answered(null, response),
        fail: (message) => answered(new Error(message), null),
      })
    },
  }
}
