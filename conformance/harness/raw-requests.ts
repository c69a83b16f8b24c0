/** Sockets and frames by hand, for those who send what no client would, and for one that behaves. */
import { connect, type Socket } from 'node:net'
import { decodeMessage } from '@millrace/protocol/codec'
import { decodeResponseHeader, encodeRequestFrame } from '@millrace/protocol/headers'
import { produceRequest } from '@millrace/protocol/messages/00-produce'
import { fetchRequest } from '@millrace/protocol/messages/01-fetch'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { Reader } from '@millrace/protocol/primitives/reader'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import type { AdvertisedApi } from './hostile-frames.ts'

const MIB = 1024 * 1024

export async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.removeAllListeners('error')
  socket.on('error', () => {})
  return socket
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume()
    socket.once('close', () => resolve())
  })
}

export function answeredOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve())
    socket.once('close', () => resolve())
  })
}

/** One request, one response (without its size). */
export async function ask(port: number, frame: Buffer): Promise<Buffer> {
  const socket = await open(port)
  const chunks: Buffer[] = []
  let arrived = 0
  let wanted = Infinity
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        arrived += chunk.length
        if (wanted === Infinity && arrived >= 4) wanted = 4 + Buffer.concat(chunks).readInt32BE(0)
        if (arrived >= wanted) resolve(Buffer.concat(chunks).subarray(4))
      })
      socket.on('close', () => reject(new Error(`port ${port} closed the connection`)))
      socket.write(frame)
    })
  } finally {
    socket.destroy()
  }
}

export async function advertisedApis(port: number): Promise<AdvertisedApi[]> {
  const header = { correlationId: 1, clientId: 'well-behaved' }
  const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const reader = new Reader(await ask(port, Buffer.concat(encodeRequestFrame(apiVersionsRequest, 3, header, body))))
  decodeResponseHeader(apiVersionsResponse, 3, reader)
  const { apiKeys } = decodeMessage(apiVersionsResponse, 3, reader)
  return apiKeys.map(({ apiKey, minVersion, maxVersion }) => ({ key: apiKey, min: minVersion, max: maxVersion }))
}

export function fetchFrame(topic: string): Buffer {
  // One read gives 4 MiB at most, so that the partition is named many times.
  const partitions = Array.from({ length: 13 }, () => ({ partition: 0, fetchOffset: 0, partitionMaxBytes: 4 * MIB }))
  const body = { maxWaitMs: 100, minBytes: 1, maxBytes: 52 * MIB, topics: [{ topic, partitions }] }
  return Buffer.concat(encodeRequestFrame(fetchRequest, 11, { correlationId: 1, clientId: 'deaf' }, body))
}

/** Writes so many MiB to partition 0, whose leader listens at `port`. */
export async function fill(port: number, topic: string, mebibytes: number): Promise<void> {
  const value = Buffer.alloc(900_000, 'x')
  const records = buildBatch({ records: [{ value }], timestampMs: Date.now() })
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const body = { transactionalId: null, acks: 1, timeoutMs: 10_000, topicData }
  const frame = Buffer.concat(encodeRequestFrame(produceRequest, 9, { correlationId: 1, clientId: 'filler' }, body))
  let left = Math.ceil((mebibytes * MIB) / value.length)
  const produce = async (): Promise<void> => {
    while (left-- > 0) await ask(port, frame)
  }
  await Promise.all([produce(), produce(), produce(), produce()])
}
