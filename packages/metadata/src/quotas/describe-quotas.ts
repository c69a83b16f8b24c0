/** Which quota entities a filter finds: DescribeClientQuotas (48), free of the wire. Facts: kafka-protocol §6.6, KIP-546. */
import type { ClientQuota, MetadataImage } from '../image.ts'
import { EntityType } from './quota-keys.ts'

export const MatchType = { EXACT: 0, DEFAULT: 1, SPECIFIED: 2 } as const

export interface QuotaFilter {
  readonly components: readonly {
    readonly entityType: string
    readonly matchType: number
    readonly match: string | null
  }[]
  /** Entities must not have parts of other types. */
  readonly strict: boolean
}

/** `unsupportedType` tells an entity type that no release knows from a request that contradicts itself. */
export interface QuotaFilterError {
  readonly unsupportedType: boolean
  readonly message: string
}

const TYPES: ReadonlySet<string> = new Set(Object.values(EntityType))

export function findQuotas(
  { clientQuotas }: Pick<MetadataImage, 'clientQuotas'>,
  { components, strict }: QuotaFilter,
): readonly ClientQuota[] | QuotaFilterError {
  /** Wanted name by entity type; undefined: any. */
  const wanted = new Map<string, string | null | undefined>()
  for (const { entityType, matchType, match } of components) {
    const refuse = (message: string): QuotaFilterError => ({ unsupportedType: false, message })
    if (entityType === '') return refuse('Invalid empty entity type.')
    if (wanted.has(entityType)) return refuse(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!TYPES.has(entityType)) return { unsupportedType: true, message: `Unsupported entity type ${entityType}` }
    if (matchType !== MatchType.EXACT && matchType !== MatchType.DEFAULT && matchType !== MatchType.SPECIFIED)
      return refuse(`Unknown match type ${matchType}`)
    if (matchType === MatchType.EXACT && match === null)
      return refuse('Request specified MATCH_TYPE_EXACT, but set match string to null.')
    if (matchType !== MatchType.EXACT && match !== null)
      return refuse('Request specified a match string, which only MATCH_TYPE_EXACT has.')
    wanted.set(entityType, matchType === MatchType.SPECIFIED ? undefined : match)
  }
  if (wanted.has(EntityType.IP) && wanted.size > 1) {
    const message =
      'Invalid entity filter component combination, IP filter component should not be used with user or clientId filter component.'
    return { unsupportedType: false, message }
  }
  return [...clientQuotas.values()].filter(({ entity }) => {
    if (strict && entity.length !== wanted.size) return false
    return [...wanted].every(([type, name]) => {
      const part = entity.find(({ entityType }) => entityType === type)
      return part !== undefined && (name === undefined || part.entityName === name)
    })
  })
}
