/**
 * What can come over a cluster. A trouble begins, lasts, and ends; two may overlap. Power loss of a broker comes alone
 * and to a cluster that is whole, since only then a machine may lose what it had not synced (DESIGN §7).
 */
import { everyAgreedIsr } from './agreed-isrs.ts'
import type { Scene } from './scene.ts'
import { CONTROLLER_ID } from './simulated-cluster.ts'

export interface Trouble {
  readonly what: string
  readonly lastsMs: number
  readonly end: () => void
}

export interface TroubleKind {
  readonly name: string
  /** How often, compared with the others. */
  readonly weight: number
  /** Comes only to a cluster that is whole, and alone. */
  readonly alone?: true
  readonly begin: (scene: Scene) => Trouble
}

const nothing = (): void => {}

export const troubleKinds: readonly TroubleKind[] = [
  {
    name: 'kill a broker',
    weight: 4,
    begin: (scene) => {
      const id = scene.broker()
      scene.supervisor.kill(id)
      return { what: `kill broker ${id}`, lastsMs: scene.below(1_500), end: () => scene.supervisor.restart(id) }
    },
  },
  {
    name: 'kill two brokers',
    weight: 2,
    begin: (scene) => {
      const [one, other] = scene.twoBrokers()
      scene.supervisor.kill(one)
      scene.supervisor.kill(other)
      const end = (): void => {
        scene.supervisor.restart(other)
        scene.supervisor.restart(one)
      }
      return { what: `kill brokers ${one} and ${other}`, lastsMs: scene.below(1_200), end }
    },
  },
  {
    // On a slow network, so that the follower is still catching up.
    name: 'kill a leader when a follower is back',
    weight: 2,
    begin: (scene) => {
      const [one] = scene.twoBrokers()
      scene.slowNetwork({ latencyMinMs: 3, latencyMaxMs: 20 })
      scene.supervisor.kill(one)
      const awayMs = 200 + scene.below(1_300)
      const caughtUpMs = awayMs + 150 + scene.below(600)
      const leader = scene.leader()
      const other = leader === one || leader < 0 ? 1 + (one % scene.cluster.brokerHosts.size) : leader
      scene.supervisor.later(awayMs, () => scene.supervisor.restart(one))
      scene.supervisor.later(caughtUpMs, () => scene.supervisor.kill(other))
      const end = (): void => {
        scene.endSlowNetwork()
        scene.supervisor.restart(other)
      }
      return { what: `kill ${one}, and ${other} when it is back`, lastsMs: caughtUpMs + 200 + scene.below(1_000), end }
    },
  },
  {
    // Who left a complete ISR must not lead, whoever is there first.
    name: 'stop all brokers, the first is back first',
    weight: 1,
    begin: (scene) => {
      const [first, second, third] = scene.allBrokers()
      const secondMs = 500 + scene.below(1_500)
      const thirdMs = secondMs + 100 + scene.below(1_500)
      const backMs = thirdMs + 200 + scene.below(1_500)
      scene.supervisor.stop(first)
      scene.supervisor.later(secondMs, () => scene.supervisor.stop(second))
      scene.supervisor.later(thirdMs, () => scene.supervisor.stop(third))
      scene.supervisor.later(backMs, () => scene.supervisor.restart(first))
      const end = (): void => {
        scene.supervisor.restart(second)
        scene.supervisor.restart(third)
      }
      const what = `stop brokers ${first}, ${second} and ${third}, begin with ${first}`
      return { what, lastsMs: backMs + 500 + scene.below(1_500), end }
    },
  },
  {
    // What it had not synced may be gone, and it has no chance to fetch it again before the last one leaves.
    name: 'cut the power of one of the last two brokers, stop the other',
    weight: 1,
    alone: true,
    begin: (scene) => {
      const [first, second, third] = scene.allBrokers()
      scene.supervisor.stop(first)
      const darkMs = 300 + scene.below(1_000)
      const backMs = darkMs + 100 + scene.below(500)
      const leftMs = backMs + 100 + scene.below(1_000)
      const againMs = leftMs + 500 + scene.below(1_500)
      let dark = false
      scene.supervisor.later(darkMs, () => {
        // Only then what is acknowledged is there twice.
        dark = everyAgreedIsr(scene.cluster, ({ isr }) => isr.includes(second) && isr.includes(third))
        if (!dark) return
        scene.world.network.partition(scene.host(second), scene.host(third))
        scene.supervisor.losePower(second)
      })
      scene.supervisor.later(backMs, () => dark && scene.supervisor.restart(second))
      scene.supervisor.later(leftMs, () => scene.supervisor.stop(third))
      scene.supervisor.later(againMs, () => scene.supervisor.restart(first))
      const end = (): void => {
        scene.world.network.heal(scene.host(second), scene.host(third))
        scene.supervisor.restart(third)
      }
      const what = `stop broker ${first}, cut the power of ${second}, stop ${third}`
      return { what, lastsMs: againMs + scene.below(1_000), end }
    },
  },
  {
    name: 'restart a broker at once',
    weight: 2,
    begin: (scene) => {
      const id = scene.broker()
      scene.supervisor.restart(id)
      return { what: `restart broker ${id} at once`, lastsMs: 0, end: nothing }
    },
  },
  {
    name: 'cut the power of a broker',
    weight: 3,
    alone: true,
    begin: (scene) => {
      const id = scene.broker()
      scene.supervisor.losePower(id)
      const lastsMs = scene.below(4_000)
      return { what: `cut the power of broker ${id}`, lastsMs, end: () => scene.supervisor.restart(id) }
    },
  },
  {
    name: 'kill the controller',
    weight: 2,
    begin: (scene) => {
      scene.supervisor.kill(CONTROLLER_ID)
      const end = (): void => scene.supervisor.restart(CONTROLLER_ID)
      return { what: 'kill the controller', lastsMs: scene.below(3_500), end }
    },
  },
  {
    name: 'cut the power of the controller',
    weight: 2,
    begin: (scene) => {
      scene.supervisor.losePower(CONTROLLER_ID)
      const end = (): void => scene.supervisor.restart(CONTROLLER_ID)
      return { what: 'cut the power of the controller', lastsMs: scene.below(2_000), end }
    },
  },
  {
    name: 'isolate a broker',
    weight: 2,
    begin: (scene) => {
      const id = scene.broker()
      scene.world.network.isolate(scene.host(id))
      const end = (): void => {
        for (const other of scene.world.hosts) scene.world.network.heal(scene.host(id), other)
      }
      return { what: `isolate broker ${id}`, lastsMs: scene.below(4_000), end }
    },
  },
  {
    name: 'part two nodes',
    weight: 4,
    begin: (scene) => {
      const one = scene.broker()
      const other = scene.node()
      const between = one === other ? CONTROLLER_ID : other
      scene.world.network.partition(scene.host(one), scene.host(between))
      const end = (): void => scene.world.network.heal(scene.host(one), scene.host(between))
      return { what: `part ${one} and ${between}`, lastsMs: scene.below(4_000), end }
    },
  },
  {
    // Its clients reach it still: a leader that nobody follows, and that does not know.
    name: 'part a leader from the others',
    weight: 2,
    begin: (scene) => {
      const leader = scene.leader()
      const id = leader < 0 ? scene.broker() : leader
      const others = [CONTROLLER_ID, ...scene.cluster.brokerHosts.keys()].filter((other) => other !== id)
      for (const other of others) scene.world.network.partition(scene.host(id), scene.host(other))
      const end = (): void => {
        for (const other of others) scene.world.network.heal(scene.host(id), scene.host(other))
      }
      return { what: `part leader ${id} from the others`, lastsMs: 500 + scene.below(3_500), end }
    },
  },
  {
    // What the client sent arrives when it has long given up.
    name: 'part a client from a broker',
    weight: 2,
    begin: (scene) => {
      const id = scene.broker()
      const clients = [...scene.world.hosts].filter(({ name }) => name.startsWith('client-'))
      const client = clients[scene.below(clients.length)] ?? scene.host(CONTROLLER_ID)
      scene.world.network.partition(scene.host(id), client)
      const end = (): void => scene.world.network.heal(scene.host(id), client)
      return { what: `part broker ${id} and ${client.name}`, lastsMs: 1_000 + scene.below(3_000), end }
    },
  },
  {
    // Leaders coordinate groups and transactions.
    name: 'kill a coordinator',
    weight: 2,
    begin: (scene) => {
      const id = scene.coordinator()
      scene.supervisor.kill(id)
      return { what: `kill coordinator ${id}`, lastsMs: scene.below(1_000), end: () => scene.supervisor.restart(id) }
    },
  },
  {
    // Its clients and the controller reach it still, its followers do not: it dies with what it alone has written.
    name: 'kill a coordinator that left its followers behind',
    weight: 2,
    begin: (scene) => {
      const id = scene.coordinator()
      const others = [...scene.cluster.brokerHosts.keys()].filter((other) => other !== id)
      for (const other of others) scene.world.network.partition(scene.host(id), scene.host(other))
      // Before they leave the in-sync replicas (replica.lag.time.max.ms): one of them must take over.
      const partedMs = 150 + scene.below(700)
      scene.supervisor.later(partedMs, () => scene.supervisor.kill(id))
      const end = (): void => {
        for (const other of others) scene.world.network.heal(scene.host(id), scene.host(other))
        scene.supervisor.restart(id)
      }
      const lastsMs = partedMs + 300 + scene.below(1_000)
      return { what: `part coordinator ${id} from the other brokers, then kill it`, lastsMs, end }
    },
  },
  {
    // Back and forth, as a machine whose time is set anew by hand.
    name: 'jump a clock',
    weight: 2,
    begin: (scene) => {
      const host = scene.host(scene.node())
      const jumpMs = scene.below(20_000) - 10_000
      host.wallClockSkewMs += jumpMs
      const end = (): void => {
        host.wallClockSkewMs -= jumpMs
      }
      return { what: `jump the clock of ${host.name} by ${jumpMs} ms`, lastsMs: scene.below(2_500), end }
    },
  },
  {
    name: 'reset connections',
    weight: 3,
    begin: (scene) => {
      const id = scene.node()
      for (const host of scene.world.hosts) scene.world.network.breakConnections(scene.host(id), host)
      return { what: `reset connections of ${id}`, lastsMs: 0, end: nothing }
    },
  },
  {
    name: 'slow the network',
    weight: 2,
    begin: (scene) => {
      scene.slowNetwork({ latencyMinMs: 1, latencyMaxMs: 120, splitProbability: 0.6 })
      return { what: 'slow the network', lastsMs: 200 + scene.below(1_500), end: () => scene.endSlowNetwork() }
    },
  },
  {
    name: 'slow a disk',
    weight: 2,
    begin: (scene) => {
      const id = scene.node()
      const { disk } = scene.host(id)
      disk.latencyMs = [1, 150]
      const end = (): void => {
        disk.latencyMs = [0.02, 0.5]
      }
      return { what: `slow the disk of ${id}`, lastsMs: 200 + scene.below(2_000), end }
    },
  },
  {
    name: 'hang a disk',
    weight: 1,
    begin: (scene) => {
      const id = scene.node()
      const { disk } = scene.host(id)
      disk.hang()
      return { what: `hang the disk of ${id}`, lastsMs: scene.below(1_500), end: () => disk.release() }
    },
  },
  {
    name: 'fail a write',
    weight: 2,
    begin: (scene) => {
      const id = scene.node()
      const { disk } = scene.host(id)
      scene.supervisor.excuse(id)
      const path = id === CONTROLLER_ID ? '.log' : /(orders|jobs|__consumer_offsets|__share_group_state)-\d+\/.*\.log/
      const operations = scene.below(3) === 0 ? (['sync'] as const) : (['write'] as const)
      const heal = disk.fail({ path, operations, times: 1 })
      const end = (): void => {
        heal()
        scene.supervisor.endExcuse(id)
      }
      return { what: `fail a ${operations[0]} on ${id}`, lastsMs: scene.below(800), end }
    },
  },
  {
    name: 'fill a disk',
    weight: 1,
    begin: (scene) => {
      // One volume may be under all brokers.
      const ids = scene.below(4) === 0 ? scene.allBrokers() : [scene.node()]
      const room = scene.below(3_000)
      const waits = !ids.includes(CONTROLLER_ID) && scene.below(2) === 0
      for (const id of ids) {
        scene.supervisor.excuse(id)
        scene.host(id).disk.bytesUntilFull = room
      }
      const end = (): void => {
        for (const id of ids) {
          scene.host(id).disk.bytesUntilFull = null
          scene.supervisor.endExcuse(id)
          // A broker comes back by itself; a process that stopped, or could not stop, begins again.
          if (!waits) scene.supervisor.restart(id)
        }
      }
      return { what: `fill the disks of ${ids.join(', ')}`, lastsMs: scene.below(1_000), end }
    },
  },
]

const totalWeight = troubleKinds.reduce((sum, { weight }) => sum + weight, 0)

/** One kind at random, by weight. */
export function chooseTrouble(scene: Scene): TroubleKind {
  let left = scene.below(totalWeight)
  for (const kind of troubleKinds) {
    left -= kind.weight
    if (left < 0) return kind
  }
  return troubleKinds[0] as TroubleKind
}
