import type { CallContext } from '@millrace/aws/call-context'
import { badRequest, notFound } from '@millrace/aws/errors'
import { checkArn } from '../arns.ts'
import type { VpcConnection } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type VpcConnectionEvent, vpcConnectionStateAfter } from '../vpc-connections/vpc-connection-state.ts'

/** Of the caller's own account. @throws BadRequestException for what is no ARN of one, NotFoundException when there is none */
export async function requireVpcConnection(store: Store, arn: string, context: CallContext): Promise<VpcConnection> {
  checkArn('vpc-connection', arn, 'arn', context)
  const connection = await store.vpcConnection(arn)
  if (connection !== null) return connection
  throw notFound({ message: `The VPC connection ${arn} does not exist.`, invalidParameter: 'arn' })
}

/** The connection as it is after the event. @throws BadRequestException when its state does not allow it */
export function walked(connection: VpcConnection, event: VpcConnectionEvent, member: string): VpcConnection {
  const state = vpcConnectionStateAfter(connection.state, event)
  if (state !== null) return { ...connection, state }
  throw badRequest({
    message: `The VPC connection is in ${connection.state} state, in which this is not possible.`,
    invalidParameter: member,
  })
}
