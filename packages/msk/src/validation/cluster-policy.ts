/** What may stand in the policy of a cluster (msk.md §5.8). */
import { badRequest } from '@millrace/aws/errors'
import { MalformedPolicyError, parsePolicy } from '@millrace/policy/parse-policy'
import { storedPolicy, UnknownPrincipalError, type PrincipalNames } from '@millrace/policy/principal-names'
import type { PolicyDocument, Statement } from '@millrace/policy/policy-document'

/** As of other resource-based policies. */
export const POLICY_BYTES_MAX: number = 20 * 1024
/** Of the API itself; of kafka-cluster all are usable. */
const API_ACTIONS: ReadonlySet<string> = new Set(
  ['CreateVpcConnection', 'GetBootstrapBrokers', 'DescribeCluster', 'DescribeClusterV2'].map((name) =>
    `kafka:${name}`.toLowerCase(),
  ),
)

/**
 * The policy as it is stored.
 * @throws BadRequestException (policy) for what is no policy of this cluster, and for users and roles that are not there
 */
export function clusterPolicy(text: string, clusterArn: string, names: PrincipalNames): string {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw malformed(`it has more than ${POLICY_BYTES_MAX} bytes`)
  let document: PolicyDocument
  try {
    document = parsePolicy(text, 'resource')
  } catch (error) {
    if (error instanceof MalformedPolicyError) throw malformed(error.message)
    throw error
  }
  document.statements.forEach((statement, index) => checkStatement(statement, `Statement[${index}]`, clusterArn))
  try {
    return storedPolicy(text, names)
  } catch (error) {
    if (!(error instanceof UnknownPrincipalError)) throw error
    throw badRequest({
      message: `The cluster policy is not valid. The IAM Principal was not found: ${error.principal}`,
      invalidParameter: 'policy',
    })
  }
}

function checkStatement({ principals, actions, resources }: Statement, where: string, clusterArn: string): void {
  if (principals === null) throw malformed(`${where} must have a Principal`)
  if (actions.negated || resources.negated)
    throw malformed(`${where} must name its actions and resources; NotAction and NotResource are not supported`)
  for (const action of actions.patterns) {
    const name = action.toLowerCase()
    if (name.startsWith('kafka-cluster:') || API_ACTIONS.has(name)) continue
    throw malformed(
      `${where}.Action ${action} cannot be given by a cluster policy; there are kafka:CreateVpcConnection, kafka:GetBootstrapBrokers, kafka:DescribeCluster, kafka:DescribeClusterV2 and kafka-cluster:*`,
    )
  }
  const [, , , , , name = ''] = clusterArn.split(':')
  const prefix = clusterArn.slice(0, clusterArn.length - name.length)
  const rest = name.slice('cluster/'.length)
  const mayBegin = ['topic', 'group', 'transactional-id'].map((kind) => `${prefix}${kind}/${rest}/`)
  for (const resource of resources.patterns) {
    if (resource === '*' || resource === clusterArn || mayBegin.some((begin) => resource.startsWith(begin))) continue
    throw malformed(
      `${where}.Resource ${resource} is not of this cluster; there are ${clusterArn} and its topics, groups and transactional ids`,
    )
  }
}

function malformed(why: string): Error {
  return badRequest({ message: `The cluster policy is not valid: ${why}.`, invalidParameter: 'policy' })
}
