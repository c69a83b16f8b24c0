/** The IAM policy of a case. */
import type { TableCase } from './cases.ts'
import { uniqueName } from './names.ts'

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string
  readonly Resource: string
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** Connect is part of it unless the case speaks of that itself. */
export function policyOf({ grants, id }: TableCase, clusterArn: string): PolicyDocument {
  const statements = grants.map(({ allow, operation, type, name }): Statement => ({
    Effect: allow ? 'Allow' : 'Deny',
    Action: `kafka-cluster:${operation}`,
    // arn:aws:kafka:REGION:ACCOUNT:topic/CLUSTER/UUID/NAME
    Resource:
      type === 'cluster' ? clusterArn : `${clusterArn.replace(':cluster/', `:${type}/`)}/${uniqueName(name, id)}`,
  }))
  const connect: Statement = { Effect: 'Allow', Action: 'kafka-cluster:Connect', Resource: clusterArn }
  const speaksOfIt = grants.some(({ operation }) => operation === 'Connect')
  return { Version: '2012-10-17', Statement: speaksOfIt ? statements : [connect, ...statements] }
}
