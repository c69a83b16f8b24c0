import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readLines } from './control-protocol.ts'

test('lines come whole however their bytes are cut', async () => {
  const stream = new PassThrough()
  const lines: string[] = []
  readLines(stream, (line) => void lines.push(line))
  for (const piece of ['{"a":', '1}\n{"b"', ':2}\n\n{"c":3}\n{"d"']) stream.write(piece)
  await new Promise((resolve) => setImmediate(resolve))
  expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
})

test('a line beyond the limit ends the stream, and the limit may grow', async () => {
  let limit = 10
  const lines: string[] = []
  const trusted = new PassThrough()
  readLines(
    trusted,
    (line) => {
      lines.push(line)
      limit = 100
    },
    () => limit,
  )
  trusted.write('prove\n')
  trusted.write('x'.repeat(50))
  trusted.write('\n')
  const stranger = new PassThrough()
  const failed = new Promise<Error>((resolve) => stranger.on('error', resolve))
  readLines(
    stranger,
    () => undefined,
    () => 10,
  )
  stranger.write('x'.repeat(11))
  expect((await failed).message).toMatch(/too long/)
  expect(lines).toEqual(['prove', 'x'.repeat(50)])
})
