/** Ids that AWS gives to what it makes: a prefix that tells the kind, and characters of base32. Source: "IAM identifiers" of the IAM user guide. */
import { randomBytes } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** `AIDA…` a user, `AROA…` a role, `AGPA…` a group, `ANPA…` a managed policy, `AIPA…` an instance profile: 21 characters. */
export function uniqueId(prefix: 'AIDA' | 'AROA' | 'AGPA' | 'ANPA' | 'AIPA'): string {
  return prefix + randomText(17)
}

/** `AKIA…` for good, `ASIA…` of a session: 20 characters. */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA'): string {
  return prefix + randomText(16)
}

/** 40 characters, as AWS's. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64')
}

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('')
}
