/**
 * LogLevels: the loggers of one node by name, and how much each of them says. A logger without a level of its own follows
 * its longest named prefix ('kafka.server' for 'kafka.server.ReplicaManager'), and in the end 'root'. Levels change while
 * the node runs (Kafka's BROKER_LOGGER resources); what writes the lines below must let everything through.
 */
import type { Logger } from './logger.ts'

/** From the fewest lines to the most. Of FATAL there are none, TRACE says what DEBUG says. */
export const LOG_LEVELS = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const ROOT_LOGGER = 'root'

const ERROR = LOG_LEVELS.indexOf('ERROR')
const WARN = LOG_LEVELS.indexOf('WARN')
const INFO = LOG_LEVELS.indexOf('INFO')
const DEBUG = LOG_LEVELS.indexOf('DEBUG')

interface Named {
  /** Index in LOG_LEVELS; -1: its parent's. */
  own: number
  effective: number
}

export class LogLevels {
  readonly #loggers = new Map<string, Named>()

  /** @param root what loggers say unless told otherwise; everything by default, for targets that choose themselves */
  constructor(root: LogLevel = 'TRACE') {
    const own = LOG_LEVELS.indexOf(root)
    this.#loggers.set(ROOT_LOGGER, { own, effective: own })
  }

  /** A logger of this name that writes to `target`; the same name may be asked for again and shares the level. */
  logger(name: string, target: Logger): Logger {
    let named = this.#loggers.get(name)
    if (named === undefined) {
      named = { own: -1, effective: -1 }
      this.#loggers.set(name, named)
      this.#resolve()
    }
    return limited(named, target)
  }

  has(name: string): boolean {
    return this.#loggers.has(name)
  }

  /** Every logger with the level in force, sorted by name. */
  levels(): readonly (readonly [name: string, level: LogLevel])[] {
    return [...this.#loggers]
      .map(([name, { effective }]) => [name, LOG_LEVELS[effective] ?? 'INFO'] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** null: its parent's level again; root must keep one. False: there is no such logger, or no level for root. */
  set(name: string, level: LogLevel | null): boolean {
    const named = this.#loggers.get(name)
    if (named === undefined || (level === null && name === ROOT_LOGGER)) return false
    named.own = level === null ? -1 : LOG_LEVELS.indexOf(level)
    this.#resolve()
    return true
  }

  #resolve(): void {
    for (const [name, named] of this.#loggers) named.effective = named.own >= 0 ? named.own : this.#inherited(name)
  }

  #inherited(name: string): number {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const parent = this.#loggers.get(name.slice(0, dot))
      if (parent !== undefined && parent.own >= 0) return parent.own
    }
    return this.#loggers.get(ROOT_LOGGER)?.own ?? INFO
  }
}

function limited(named: Named, target: Logger): Logger {
  return {
    debug(message, fields) {
      if (named.effective >= DEBUG) target.debug(message, fields)
    },
    info(message, fields) {
      if (named.effective >= INFO) target.info(message, fields)
    },
    warn(message, fields) {
      if (named.effective >= WARN) target.warn(message, fields)
    },
    error(message, fields) {
      if (named.effective >= ERROR) target.error(message, fields)
    },
    child: (fields) => limited(named, target.child(fields)),
  }
}
