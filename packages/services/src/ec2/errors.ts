/** Refusals in EC2's own codes and words. Source: the error code page of the EC2 API reference. */
import { AwsError, type ErrorName } from '@millrace/aws/errors'
import type { Scope } from '../scope.ts'
import type { NetworkState } from './network-state.ts'
import type { ResourceKind, ResourceOf } from './records.ts'

export function refused(name: ErrorName, message: string): AwsError {
  return new AwsError(name, { message })
}

export function invalidValue(value: string, parameter: string, why: string): AwsError {
  return refused('InvalidParameterValue', `Value (${value}) for parameter ${parameter} is invalid. ${why}`)
}

const notFound: Readonly<Record<ResourceKind, { readonly code: ErrorName; readonly noun: string }>> = {
  vpc: { code: 'InvalidVpcID.NotFound', noun: 'vpc ID' },
  subnet: { code: 'InvalidSubnetID.NotFound', noun: 'subnet ID' },
  'security-group': { code: 'InvalidGroup.NotFound', noun: 'security group' },
  'internet-gateway': { code: 'InvalidInternetGatewayID.NotFound', noun: 'internetGateway ID' },
  'route-table': { code: 'InvalidRouteTableID.NotFound', noun: 'routeTable ID' },
  'network-interface': { code: 'InvalidNetworkInterfaceID.NotFound', noun: 'networkInterface ID' },
}

/** @throws AwsError of the kind's own code, when the account has no such thing in the region */
export function required<Kind extends ResourceKind>(
  state: NetworkState,
  kind: Kind,
  scope: Scope,
  id: string,
): ResourceOf<Kind> {
  const resource = state.get(kind, scope, id)
  if (resource !== null) return resource
  throw refused(notFound[kind].code, `The ${notFound[kind].noun} '${id}' does not exist`)
}

/** The resources named, or all of the account in the region when none is named. @throws AwsError for an unknown one */
export function named<Kind extends ResourceKind>(
  state: NetworkState,
  kind: Kind,
  scope: Scope,
  ids: readonly string[] | undefined,
): ResourceOf<Kind>[] {
  if (ids === undefined || ids.length === 0) return state.list(kind, scope)
  return [...new Set(ids)].map((id) => required(state, kind, scope, id))
}
