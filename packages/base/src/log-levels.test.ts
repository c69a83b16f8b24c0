import { expect, test } from 'vitest'
import { LogLevels } from './log-levels.ts'
import type { Logger } from './logger.ts'

function recording(): { lines: string[]; logger: Logger } {
  const lines: string[] = []
  const write = (message: string): void => void lines.push(message)
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger }
  return { lines, logger }
}

function speak(logger: Logger): void {
  logger.debug('debug')
  logger.info('info')
  logger.warn('warn')
  logger.error('error')
}

test('a logger says what its level allows, and its children the same', () => {
  const { lines, logger } = recording()
  const levels = new LogLevels('INFO')
  const named = levels.logger('kafka.server.ReplicaManager', logger)
  speak(named)
  expect(lines.splice(0)).toEqual(['info', 'warn', 'error'])
  expect(levels.set('kafka.server.ReplicaManager', 'TRACE')).toBe(true)
  speak(named.child({ partition: 1 }))
  expect(lines.splice(0)).toEqual(['debug', 'info', 'warn', 'error'])
  levels.set('kafka.server.ReplicaManager', 'FATAL')
  speak(named)
  expect(lines).toEqual([])
})

test('without a level of its own it follows its nearest parent, then root', () => {
  const { logger } = recording()
  const levels = new LogLevels('WARN')
  for (const name of ['kafka.log.LogManager', 'kafka.log', 'kafka.network.SocketServer']) levels.logger(name, logger)
  levels.set('kafka.log', 'DEBUG')
  expect(Object.fromEntries(levels.levels())).toEqual({
    'kafka.log': 'DEBUG',
    'kafka.log.LogManager': 'DEBUG',
    'kafka.network.SocketServer': 'WARN',
    root: 'WARN',
  })
  levels.set('kafka.log', null)
  levels.set('root', 'ERROR')
  expect(new Set(levels.levels().map(([, level]) => level))).toEqual(new Set(['ERROR']))
})

test('root keeps a level, and unknown loggers have none', () => {
  const levels = new LogLevels()
  expect(levels.set('root', null)).toBe(false)
  expect(levels.set('nobody', 'INFO')).toBe(false)
  expect(levels.has('nobody')).toBe(false)
})
