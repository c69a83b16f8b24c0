// A user's test process: starts Millrace by the library, makes a cluster, tells the pids of its nodes, and lingers.
import { readFileSync, readdirSync } from 'node:fs'
import { startMillrace } from '../../dist/bin/library.js'

const millrace = await startMillrace()
await millrace.createCluster({ brokers: 3 })
const pids = readdirSync('/proc').filter((name) => {
  if (!/^\d+$/.test(name)) return false
  try {
    const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
    return Number(parent) === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith('millrace-')
  } catch {
    return false
  }
})
process.stdout.write(`${JSON.stringify({ pids: pids.map(Number) })}\n`)
setInterval(() => {}, 1_000)
