/**
 * Work of many small steps that must not hold the loop: a few milliseconds of it, then the turn of whoever waits. The
 * steps come from a generator, which yields where others may see the state as it is.
 */
import type { Host } from '@millrace/base/host'

const SLICE_MS = 5

/** Runs `work` to its end, at once as far as one slice goes; `done` is called once, unless `isGivenUp` says so before. */
export function runSliced(
  host: Host,
  work: Iterator<void>,
  options: { readonly isGivenUp: () => boolean; readonly done: () => void },
): void {
  const { isGivenUp, done } = options
  const slice = (): void => {
    const startedMs = host.clock.monotonicMs()
    for (;;) {
      if (isGivenUp()) return
      if (work.next().done === true) return done()
      if (host.clock.monotonicMs() - startedMs >= SLICE_MS) break
    }
    host.tick(slice)
  }
  slice()
}
