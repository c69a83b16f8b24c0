import { connect as rawConnect } from 'node:net'
import { expect, test } from 'vitest'
import type { Acceptor } from '@millrace/base/host'
import { createNodeHost } from './node-host.ts'

test('on this Node an accepted connection really reads into the one shared buffer', async () => {
  const host = createNodeHost()
  const regions = await new Promise<Set<ArrayBufferLike>>((resolve) => {
    const seen = new Set<ArrayBufferLike>()
    let closed = 0
    let listening: Acceptor | null = null
    host.network.listen(
      {
        host: '127.0.0.1',
        port: 0,
        onConnection: (transport) =>
          transport.attach({
            onBytes: (bytes) => seen.add(bytes.buffer),
            onClose: () => {
              if (++closed === 2) listening?.close(() => resolve(seen))
            },
          }),
      },
      (_, acceptor) => {
        listening = acceptor as Acceptor
        const { port } = listening
        rawConnect(port, '127.0.0.1').end(Buffer.alloc(1000))
        rawConnect(port, '127.0.0.1').end(Buffer.alloc(500))
      },
    )
  })
  expect(regions.size).toBe(1)
  expect([...regions][0]?.byteLength).toBe(256 * 1024)
})
