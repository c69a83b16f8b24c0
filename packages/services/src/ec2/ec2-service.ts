/**
 * Amazon EC2, its networks alone: what MSK users make before a cluster and look at afterwards. `networks` is the same for
 * other parts of Millrace.
 */
import { AwsError } from '@millrace/aws/errors'
import { loadModel } from '@millrace/aws/model'
import { defineService, type OperationHandlers, type Service, type UntypedOperation } from '@millrace/aws/service'
import { Pages } from '../pages.ts'
import type { Database } from '../store/database.ts'
import { ensureDefaultNetwork } from './default-network.ts'
import type { Ec2Dependencies } from './dependencies.ts'
import { gatewayOperations } from './gateway-operations.ts'
import { interfaceOperations } from './interface-operations.ts'
import { NetworkState } from './network-state.ts'
import { Networks } from './networks.ts'
import { regionOperations } from './region-operations.ts'
import { routeOperations } from './route-operations.ts'
import { ruleOperations } from './rule-operations.ts'
import { securityGroupOperations } from './security-group-operations.ts'
import { subnetOperations } from './subnet-operations.ts'
import { ec2Targets } from './targets.ts'
import { tagOperations } from './tag-operations.ts'
import { vpcOperations } from './vpc-operations.ts'

export interface Ec2Service {
  readonly service: Service
  readonly networks: Networks
}

export interface Ec2Options {
  readonly database: Database
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

export async function createEc2Service({ database, clock = () => new Date() }: Ec2Options): Promise<Ec2Service> {
  const state = await NetworkState.open(database)
  const operations = ec2Operations({ state, pages: new Pages('InvalidParameterValue') })
  const defined = defineService(loadModel('ec2'), operations, ec2Targets(state))
  const prepare = ([name, run]: [string, UntypedOperation]): [string, UntypedOperation] => [name, prepared(state, run)]
  const service = { ...defined, operations: new Map([...defined.operations].map(prepare)) }
  return { service, networks: new Networks({ state, clock }) }
}

/** Every account has a network before its first question; a dry run ends before anything happens. */
function prepared(state: NetworkState, run: UntypedOperation): UntypedOperation {
  return async (input, context) => {
    if (input['DryRun'] === true)
      throw new AwsError('DryRunOperation', {
        message: 'Request would have succeeded, but DryRun flag is set.',
      })
    await ensureDefaultNetwork(state, context)
    return run(input, context)
  }
}

export function ec2Operations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  return {
    ...vpcOperations(dependencies),
    ...subnetOperations(dependencies),
    ...securityGroupOperations(dependencies),
    ...ruleOperations(dependencies),
    ...gatewayOperations(dependencies),
    ...routeOperations(dependencies),
    ...interfaceOperations(dependencies),
    ...tagOperations(dependencies),
    ...regionOperations,
  }
}
