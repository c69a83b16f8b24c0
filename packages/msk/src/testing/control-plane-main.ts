/** A control plane as a process of its own, to be killed: `control-plane-main.ts DATA_DIR`. Prints a line when all rests. */
import { RealControlPlane } from './real-control-plane.ts'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('expected a data directory')
const plane = await RealControlPlane.open(dataDir)
await plane.msk.idle()
process.stdout.write('idle\n')
// Held open until someone kills it.
setInterval(() => {}, 60_000)
