/**
 * A KMS key as it is stored, and every change it can go through: functions from a key to the changed key that throw what KMS
 * answers when its state forbids it. Source: "Key states of AWS KMS keys" of the KMS developer guide.
 */
import { AwsError } from '@millrace/aws/errors'
import type { KeyState, KeyStatus } from './keys.ts'

export type Tags = Readonly<Record<string, string>>

/** 256 bits under which the key encrypts; a key gets a new one at each rotation and keeps the old ones to decrypt. */
export interface KeyMaterial {
  /** 64 hex digits. */
  readonly id: string
  readonly createdAt: string
  readonly origin: 'FIRST' | 'AUTOMATIC' | 'ON_DEMAND'
  /** Base64, sealed by the master key; about `materialAbout(keyId, id)`. */
  readonly sealed: string
}

export interface KeyRotation {
  readonly periodDays: number
  readonly nextAt: string
}

export interface Key extends KeyState {
  readonly accountId: string
  readonly region: string
  readonly description: string
  readonly createdAt: string
  /** Of a key to be deleted; null otherwise. */
  readonly deletion: { readonly at: string; readonly windowDays: number } | null
  /** The last one encrypts. */
  readonly materials: readonly KeyMaterial[]
  /** Automatic rotation; null: off. */
  readonly rotation: KeyRotation | null
  /** JSON text. */
  readonly policy: string
  readonly tags: Tags
}

export const DAY_MS = 86_400_000
const ROTATION_PERIOD_DAYS_DEFAULT = 365
/** Bounds of PendingWindowInDays. */
const DELETION_WINDOW_DAYS = { min: 7, max: 30 } as const

export function disabled(key: Key): AwsError {
  return new AwsError('DisabledException', { message: `${key.arn} is disabled.` })
}

/** Throws unless the key may encrypt and decrypt. */
export function requireEnabled(key: Key): void {
  requireNotPendingDeletion(key)
  if (key.status === 'Disabled') throw disabled(key)
}

export function requireNotPendingDeletion(key: Key): void {
  if (key.status === 'PendingDeletion') throw invalidState(`${key.arn} is pending deletion.`)
}

/** What only the owner of a key may do, with keys that Millrace holds for a service. */
export function requireCustomerKey(key: Key, action: string): void {
  if (key.manager === 'CUSTOMER') return
  throw new AwsError('AccessDeniedException', {
    message: `kms:${action} is not allowed on resource ${key.arn}, because it is an AWS managed key: only the service that it belongs to uses it.`,
  })
}

export function enabledKey(key: Key): Key {
  requireNotPendingDeletion(key)
  return { ...key, status: 'Enabled' }
}

export function disabledKey(key: Key): Key {
  requireNotPendingDeletion(key)
  return { ...key, status: 'Disabled' }
}

export function keyToDelete(key: Key, windowDays: number = DELETION_WINDOW_DAYS.max, now: Date): Key {
  requireNotPendingDeletion(key)
  const { min, max } = DELETION_WINDOW_DAYS
  if (windowDays < min || windowDays > max) {
    throw new AwsError('ValidationException', { message: `PendingWindowInDays must be between ${min} and ${max}.` })
  }
  const at = new Date(now.getTime() + windowDays * DAY_MS).toISOString()
  return { ...key, status: 'PendingDeletion', deletion: { at, windowDays } }
}

/** Saved keys are disabled until somebody enables them. */
export function keySaved(key: Key): Key {
  if (key.status !== 'PendingDeletion') throw invalidState(`${key.arn} is not pending deletion.`)
  return { ...key, status: 'Disabled', deletion: null }
}

export function rotatedEvery(key: Key, periodDays: number = ROTATION_PERIOD_DAYS_DEFAULT, now: Date): Key {
  requireEnabled(key)
  return { ...key, rotation: { periodDays, nextAt: new Date(now.getTime() + periodDays * DAY_MS).toISOString() } }
}

export function neverRotated(key: Key): Key {
  requireEnabled(key)
  return { ...key, rotation: null }
}

/** With a new material; the next automatic rotation counts from an automatic one. */
export function rotated(key: Key, material: KeyMaterial): Key {
  const { rotation } = key
  const next =
    rotation === null || material.origin !== 'AUTOMATIC'
      ? rotation
      : { ...rotation, nextAt: new Date(Date.parse(material.createdAt) + rotation.periodDays * DAY_MS).toISOString() }
  return { ...key, materials: [...key.materials, material], rotation: next }
}

export function rotationIsDue(key: Key, now: Date): boolean {
  return key.rotation !== null && Date.parse(key.rotation.nextAt) <= now.getTime()
}

/** The material that encrypts. */
export function currentMaterial(key: Key): KeyMaterial {
  const material = key.materials.at(-1)
  if (material === undefined) throw new Error(`the key ${key.arn} has no material`)
  return material
}

export function statusOf(key: Key): { readonly Enabled: boolean; readonly KeyState: KeyStatus } {
  return { Enabled: key.status === 'Enabled', KeyState: key.status }
}

function invalidState(message: string): AwsError {
  return new AwsError('KMSInvalidStateException', { message })
}
