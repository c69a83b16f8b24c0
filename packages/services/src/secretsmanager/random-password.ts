/** GetRandomPassword. */
import { randomInt } from 'node:crypto'
import { AwsError } from '@millrace/aws/errors'
import type { Input } from '@millrace/aws/operation-types'
import type { OperationHandler } from '@millrace/aws/service'

const LENGTH_DEFAULT = 32
const characters = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const

export const getRandomPassword: OperationHandler<'secretsmanager', 'GetRandomPassword'> = async (input) => ({
  RandomPassword: randomPassword(input),
})

/** Throws InvalidParameterException when nothing is left to choose from, or the length is too short for one of each kind. */
export function randomPassword(input: Input<'secretsmanager', 'GetRandomPassword'>): string {
  const length = input.PasswordLength ?? LENGTH_DEFAULT
  const sets = [
    input.ExcludeLowercase === true ? '' : characters.lowercase,
    input.ExcludeUppercase === true ? '' : characters.uppercase,
    input.ExcludeNumbers === true ? '' : characters.numbers,
    input.ExcludePunctuation === true ? '' : characters.punctuation,
    input.IncludeSpace === true ? ' ' : '',
  ]
    .map((set) =>
      set
        .split('')
        .filter((one) => !(input.ExcludeCharacters ?? '').includes(one))
        .join(''),
    )
    .filter((set) => set !== '')
  if (sets.length === 0) {
    throw new AwsError('InvalidParameterException', {
      message: 'The exclusions leave no character to make a password of.',
    })
  }
  const required = input.RequireEachIncludedType === false ? [] : sets
  if (required.length > length) {
    throw new AwsError('InvalidParameterException', {
      message: `A password of ${length} characters cannot hold one of each of ${required.length} included types.`,
    })
  }
  const all = sets.join('')
  const chosen = [...required.map(pick), ...Array.from({ length: length - required.length }, () => pick(all))]
  // Otherwise everybody would know which kind of character comes first.
  for (let last = chosen.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const kept = chosen[last] ?? ''
    chosen[last] = chosen[other] ?? ''
    chosen[other] = kept
  }
  return chosen.join('')
}

function pick(set: string): string {
  return set.charAt(randomInt(set.length))
}
