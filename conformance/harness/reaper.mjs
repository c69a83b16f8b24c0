// Ends what a killed test run leaves behind. The run gives it data directories, a line each, on stdin; when stdin closes
// because the run is gone, every process of Millrace that works in one of them is ended by its pid, and the directory
// is removed. Tests kill the control plane with -9 and want its nodes to live on, so nobody else could do this.
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A Ctrl+C at the terminal is for the run, which may have to stop things in order. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

const directories = new Set()
createInterface({ input: process.stdin })
  .on('line', (line) => (line.startsWith('-') ? directories.delete(line.slice(1)) : directories.add(line)))
  .on('close', () => {
    // A control plane may have been starting a node just now.
    for (let round = 0; round < 3; round++) for (const directory of directories) endAllIn(directory)
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  })

function endAllIn(directory) {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split(/[\0 ]/)
      const at = words.indexOf('--data-dir')
      const path = words[at + 1] ?? ''
      const isOurs = words.some((word) => /(^|\/)millrace(-broker|-controller|\.js)$/.test(word))
      if (at >= 0 && isOurs && (path === directory || path.startsWith(`${directory}/`)))
        process.kill(Number(name), 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
}
