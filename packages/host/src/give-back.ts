/**
 * Gives the memory of buffers back at once, not with a garbage collection to come. Who makes buffers for every byte that
 * passes (node:crypto writes into nothing else) then works in the same, cached memory again and again; left to the
 * collector, their bytes would also make it collect the whole heap several times a second.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** Below, to leave it to the collector is cheaper. */
const BYTES_MIN = 4096

let sink: MessagePort | null = null

/** Nobody may use the buffers any more: they become empty. Those that are a part of another's memory are left alone. */
export function giveBack(buffers: readonly Uint8Array[]): void {
  const memory: ArrayBuffer[] = []
  for (const { buffer, byteLength } of buffers)
    if (byteLength >= BYTES_MIN && buffer.byteLength === byteLength && buffer instanceof ArrayBuffer)
      memory.push(buffer)
  if (memory.length === 0) return
  sink ??= closedPort()
  sink.postMessage(null, memory)
}

/** What is sent to a closed port is dropped with all that it was given: the one way to free an ArrayBuffer in Node 20. */
function closedPort(): MessagePort {
  const { port1 } = new MessageChannel()
  port1.close()
  return port1
}
