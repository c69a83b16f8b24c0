/** Route tables, as far as they tell public subnets from others: local routes and routes to internet gateways. */
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import { canonicalNetwork } from '@millrace/policy/ip-network'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { named, refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import { newId, type Route, type RouteTable } from './records.ts'
import { shownTags, tagsOf } from './tags.ts'

const FILTERS = [
  'association.main',
  'association.route-table-association-id',
  'association.route-table-id',
  'association.subnet-id',
  'owner-id',
  'route-table-id',
  'route.destination-cidr-block',
  'route.gateway-id',
  'vpc-id',
]

interface RequestedRoute {
  readonly RouteTableId: string
  readonly DestinationCidrBlock?: string | undefined
  readonly DestinationIpv6CidrBlock?: string | undefined
  readonly GatewayId?: string | undefined
}

export function routeOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateRouteTable: async ({ VpcId, TagSpecifications }, context) => {
      const table = await state.change(() => {
        const { accountId, region, cidr } = required(state, 'vpc', context, VpcId)
        const made: RouteTable = {
          accountId,
          region,
          id: newId('rtb'),
          kind: 'route-table',
          vpcId: VpcId,
          associations: [],
          routes: [{ destination: cidr, target: 'local', origin: 'CreateRouteTable' }],
          tags: tagsOf(TagSpecifications, 'route-table'),
        }
        return { put: [made], answer: made }
      })
      return { RouteTable: shownTable(table) }
    },

    DescribeRouteTables: async (input, context) => {
      const chosen = named(state, 'route-table', context, input.RouteTableIds)
      const found = filtered(chosen, input.Filters, FILTERS, (table) => ({
        'association.main': table.associations.map(({ subnetId }) => subnetId === null),
        'association.route-table-association-id': table.associations.map(({ id }) => id),
        'association.route-table-id': table.associations.map(() => table.id),
        'association.subnet-id': table.associations.map(({ subnetId }) => subnetId),
        'owner-id': [table.accountId],
        'route-table-id': [table.id],
        'route.destination-cidr-block': table.routes.map(({ destination }) => destination),
        'route.gateway-id': table.routes.map(({ target }) => target),
        'vpc-id': [table.vpcId],
      }))
      const page = pageOf(dependencies, 'DescribeRouteTables', context, found, input)
      return { RouteTables: page.items.map(shownTable), NextToken: page.next }
    },

    DeleteRouteTable: async ({ RouteTableId }, context) => {
      await state.change(() => {
        const table = required(state, 'route-table', context, RouteTableId)
        if (table.associations.length > 0)
          throw refused(
            'DependencyViolation',
            `The routeTable '${RouteTableId}' has dependencies and cannot be deleted.`,
          )
        return { remove: [table.id], answer: null }
      })
      return {}
    },

    CreateRoute: async (input, context) => {
      await changeRoutes(state, context, input, (routes, route) => {
        if (routes.some(({ destination }) => destination === route.destination))
          throw refused('RouteAlreadyExists', `The route identified by ${route.destination} already exists.`)
        return [...routes, route]
      })
      return { Return: true }
    },

    ReplaceRoute: async (input, context) => {
      await changeRoutes(state, context, input, (routes, route) => {
        requireRoute(routes, route.destination, input.RouteTableId)
        return routes.map((one) => (one.destination === route.destination ? route : one))
      })
      return {}
    },

    DeleteRoute: async (input, context) => {
      await state.change(() => {
        const table = required(state, 'route-table', context, input.RouteTableId)
        const destination = destinationOf(input)
        const route = requireRoute(table.routes, destination, table.id)
        if (route.target === 'local')
          throw refused('InvalidParameterValue', `cannot remove local route ${destination} in route table ${table.id}`)
        return { put: [{ ...table, routes: table.routes.filter((one) => one !== route) }], answer: null }
      })
      return {}
    },

    AssociateRouteTable: async ({ RouteTableId, SubnetId }, context) => {
      if (SubnetId === undefined)
        throw refused(
          'MissingParameter',
          'The request must contain the parameter subnetId: tables of gateways are not served.',
        )
      const id = await state.change(() => {
        const table = required(state, 'route-table', context, RouteTableId)
        const subnet = required(state, 'subnet', context, SubnetId)
        if (subnet.vpcId !== table.vpcId)
          throw refused(
            'InvalidParameterValue',
            `Route table ${RouteTableId} and subnet ${SubnetId} belong to different networks`,
          )
        const other = state
          .list('route-table', context)
          .flatMap(({ associations }) => associations)
          .find(({ subnetId }) => subnetId === SubnetId)
        if (other !== undefined)
          throw refused(
            'Resource.AlreadyAssociated',
            `the specified association for route table ${RouteTableId} conflicts with an existing association`,
          )
        const association = { id: newId('rtbassoc'), subnetId: SubnetId }
        return { put: [{ ...table, associations: [...table.associations, association] }], answer: association.id }
      })
      return { AssociationId: id, AssociationState: { State: 'associated' } }
    },

    DisassociateRouteTable: async ({ AssociationId }, context) => {
      await state.change(() => {
        const [table, association] = requireAssociation(state, context, AssociationId)
        if (association.subnetId === null)
          throw refused(
            'InvalidParameterValue',
            `cannot disassociate the main route table association ${AssociationId}`,
          )
        const associations = table.associations.filter(({ id }) => id !== AssociationId)
        return { put: [{ ...table, associations }], answer: null }
      })
      return {}
    },

    ReplaceRouteTableAssociation: async ({ AssociationId, RouteTableId }, context) => {
      const id = await state.change(() => {
        const [before, association] = requireAssociation(state, context, AssociationId)
        const after = required(state, 'route-table', context, RouteTableId)
        if (before.vpcId !== after.vpcId)
          throw refused(
            'InvalidParameterValue',
            `Route tables ${before.id} and ${RouteTableId} belong to different networks`,
          )
        const moved = { id: newId('rtbassoc'), subnetId: association.subnetId }
        const left = before.associations.filter((one) => one.id !== AssociationId)
        if (before.id === after.id) return { put: [{ ...before, associations: [...left, moved] }], answer: moved.id }
        return {
          put: [
            { ...before, associations: left },
            { ...after, associations: [...after.associations, moved] },
          ],
          answer: moved.id,
        }
      })
      return { NewAssociationId: id, AssociationState: { State: 'associated' } }
    },
  }
}

function changeRoutes(
  state: NetworkState,
  context: CallContext,
  input: RequestedRoute,
  apply: (routes: readonly Route[], route: Route) => readonly Route[],
): Promise<null> {
  return state.change(() => {
    const table = required(state, 'route-table', context, input.RouteTableId)
    const destination = destinationOf(input)
    if (input.GatewayId === undefined)
      throw refused('InvalidParameterValue', 'Only routes to internet gateways are served: name one as GatewayId.')
    const gateway = required(state, 'internet-gateway', context, input.GatewayId)
    if (gateway.vpcId !== table.vpcId)
      throw refused(
        'InvalidParameterValue',
        `route table ${table.id} and network gateway ${gateway.id} belong to different networks`,
      )
    const route: Route = { destination, target: gateway.id, origin: 'CreateRoute' }
    return { put: [{ ...table, routes: apply(table.routes, route) }], answer: null }
  })
}

function destinationOf(input: {
  readonly DestinationCidrBlock?: string | undefined
  readonly DestinationIpv6CidrBlock?: string | undefined
}): string {
  const text = input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock
  if (text === undefined)
    throw refused('MissingParameter', 'The request must contain the parameter destinationCidrBlock')
  const canonical = canonicalNetwork(text)
  if (canonical === null)
    throw refused(
      'InvalidParameterValue',
      `Value (${text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    )
  return canonical
}

function requireRoute(routes: readonly Route[], destination: string, tableId: string): Route {
  const route = routes.find((one) => one.destination === destination)
  if (route === undefined)
    throw refused(
      'InvalidRoute.NotFound',
      `no route with destination-cidr-block ${destination} in route table ${tableId}`,
    )
  return route
}

function requireAssociation(state: NetworkState, context: CallContext, id: string) {
  for (const table of state.list('route-table', context)) {
    const association = table.associations.find((one) => one.id === id)
    if (association !== undefined) return [table, association] as const
  }
  throw refused('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
}

function shownTable(table: RouteTable) {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: table.accountId,
    Associations: table.associations.map(({ id, subnetId }) => ({
      RouteTableAssociationId: id,
      RouteTableId: table.id,
      Main: subnetId === null,
      ...(subnetId === null ? {} : { SubnetId: subnetId }),
      AssociationState: { State: 'associated' as const },
    })),
    Routes: table.routes.map(({ destination, target, origin }) => ({
      ...(destination.includes(':')
        ? { DestinationIpv6CidrBlock: destination }
        : { DestinationCidrBlock: destination }),
      GatewayId: target,
      Origin: origin,
      State: 'active' as const,
    })),
    PropagatingVgws: [],
    Tags: shownTags(table.tags),
  }
}
