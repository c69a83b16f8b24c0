import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RotatingFile } from './rotating-file.ts'

describe('a rotating file', () => {
  let directory: string
  let path: string
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'rotating-'))
    path = join(directory, 'logs', 'node.log')
  })
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

  const content = (suffix = ''): string => fs.readFileSync(path + suffix, 'utf8')

  it('is put aside when the next line would make it too large, and the oldest one goes', () => {
    const file = new RotatingFile({ path, bytesMax: 25, keep: 2 })
    for (let number = 0; number < 8; number++) file.write(`line ${number} ...\n`)
    file.close()
    expect(content('.2')).toBe('line 2 ...\nline 3 ...\n')
    expect(content('.1')).toBe('line 4 ...\nline 5 ...\n')
    expect(content()).toBe('line 6 ...\nline 7 ...\n')
    expect(fs.readdirSync(join(directory, 'logs')).toSorted()).toEqual(['node.log', 'node.log.1', 'node.log.2'])
  })

  it('goes on where the process before ended', () => {
    new RotatingFile({ path }).write('before\n')
    const file = new RotatingFile({ path, bytesMax: 12, keep: 1 })
    file.write('now\n')
    file.write('later\n')
    expect(content('.1')).toBe('before\nnow\n')
    expect(content()).toBe('later\n')
  })

  it('takes a line that is larger than a file may be', () => {
    const file = new RotatingFile({ path, bytesMax: 10, keep: 1 })
    file.write(`${'x'.repeat(50)}\n`)
    expect(content()).toHaveLength(51)
    file.write('short\n')
    expect(content()).toBe('short\n')
  })

  it('drops what cannot be written, and tells how much that was', () => {
    // Every write to this device says ENOSPC.
    if (!fs.existsSync('/dev/full')) return
    fs.mkdirSync(join(directory, 'logs'))
    fs.symlinkSync('/dev/full', path)
    const file = new RotatingFile({ path, keep: 1, bytesMax: 100 })
    file.write('one\n')
    file.write('two\n')
    expect(file.droppedLines).toBe(2)
  })
})
