/** The login of the cases of ACLs: a user of its own each, all with one password. */
import { saltedPassword } from '@millrace/protocol/sasl/scram'
import type { TableCase } from './cases.ts'
import type { Login } from './run-cases.ts'
import { LoginRefusedError, Wire, type Address } from './wire.ts'
import { userOf } from './world.ts'

export const salt: Buffer = Buffer.from('the same for everybody')
/** One for all, so that it is computed once. */
export const salted: Buffer = saltedPassword('password', salt, 4_096)

/** Properties of Java clients that log in as the case's user. */
export function scramProperties(each: TableCase): Readonly<Record<string, string>> {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  return {
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': `${module} required username="${userOf(each)}" password="password";`,
  }
}

export function scramLogin(address: Address): Login {
  return async (each) => {
    const wire = await Wire.open(address)
    const errorCode = await wire.scram(userOf(each), salted)
    if (errorCode !== 0) throw new LoginRefusedError(userOf(each), errorCode)
    return wire
  }
}
