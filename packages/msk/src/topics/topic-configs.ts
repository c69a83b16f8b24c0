/** Topic configs travel as base64 of properties text, both ways (msk.md §9.4). */
import { badRequest } from '@millrace/aws/errors'
import { parseProperties } from '../configurations/server-properties.ts'

/** @throws BadRequestException (`configs`) for what is not base64 */
export function decodeTopicConfigs(text: string | undefined): Record<string, string> {
  if (text === undefined || text === '') return {}
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) {
    throw badRequest({
      message: 'configs is base64 of properties text: one key=value per line.',
      invalidParameter: 'configs',
    })
  }
  return parseProperties(Buffer.from(text, 'base64').toString('utf8'))
}

export function encodeTopicConfigs(configs: Readonly<Record<string, string>>): string {
  const lines = Object.entries(configs).map(([key, value]) => `${key}=${value}\n`)
  return Buffer.from(lines.sort().join(''), 'utf8').toString('base64')
}

/** Kafka's own rule. @throws BadRequestException (`topicName`) */
export function checkTopicName(name: string): void {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return
  throw badRequest({
    message: 'A topic name has 1 to 249 letters, digits, dots, underscores and hyphens, and is not "." or "..".',
    invalidParameter: 'topicName',
  })
}
