/** Whether brokers could read rules for principals, asked before any broker is told them. */
import { parsePrincipalMapping, PrincipalMappingError } from '@millrace/network/principal-mapping'

/** What is wrong with the rules, in a sentence; null: nothing. */
export function principalMappingFault(rules: string): string | null {
  try {
    parsePrincipalMapping(rules)
    return null
  } catch (error) {
    if (error instanceof PrincipalMappingError) return error.message
    throw error
  }
}
