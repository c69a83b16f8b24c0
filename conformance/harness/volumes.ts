/** Small volumes: tmpfs mounts, where this machine allows them. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

function mount(...args: string[]): boolean {
  return spawnSync('mount', args, { stdio: 'ignore' }).status === 0
}

/** Null, after noting why, where nothing may be mounted. */
export function smallVolumes(): SmallVolumes | null {
  const probe = mkdtempSync(join(tmpdir(), 'millrace-mount-'))
  const works = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe)
  if (works) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true, force: true })
  if (works) return new SmallVolumes()
  const skips = process.env['MILLRACE_SKIPS']
  if (skips !== undefined) appendFileSync(skips, 'tmpfs: this user may not mount one\n')
  return null
}

export class SmallVolumes {
  readonly #mounted: string[] = []

  /** Mounts a volume at `directory`, with what the directory held. */
  mount(directory: string, megabytes: number): void {
    mkdirSync(directory, { recursive: true })
    const aside = mkdtempSync(join(tmpdir(), 'millrace-aside-'))
    cpSync(directory, aside, { recursive: true, filter: (path) => !statSync(path).isSocket() })
    if (!mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory))
      throw new Error(`no volume could be mounted at ${directory}`)
    this.#mounted.push(directory)
    cpSync(aside, directory, { recursive: true })
    rmSync(aside, { recursive: true, force: true })
  }

  resize(directory: string, megabytes: number): void {
    if (!mount('-o', `remount,size=${megabytes}m`, directory)) throw new Error(`${directory} could not be enlarged`)
  }

  /** Once nothing uses them any more. */
  unmountAll(): void {
    for (const directory of this.#mounted.splice(0)) spawnSync('umount', ['-l', directory])
  }
}
