/**
 * Roles that belong to a service and only it may change; Terraform and the consoles make them before the first cluster.
 * Source: "Service-linked roles for Amazon MSK" of the MSK developer guide.
 */
import { randomUUID } from 'node:crypto'
import { AwsError } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import type { IamDependencies } from './dependencies.ts'
import type { Role } from './entities.ts'
import { missing, requireRole } from './require.ts'
import { showRole } from './shown.ts'
import { uniqueId } from './unique-id.ts'

const linked: ReadonlyMap<string, { readonly role: string; readonly policy: string }> = new Map([
  ['kafka.amazonaws.com', { role: 'AWSServiceRoleForKafka', policy: 'KafkaServiceRolePolicy' }],
  ['kafkaconnect.amazonaws.com', { role: 'AWSServiceRoleForKafkaConnect', policy: 'KafkaConnectServiceRolePolicy' }],
  ['delivery.logs.amazonaws.com', { role: 'AWSServiceRoleForLogDelivery', policy: 'AWSLogDeliveryServiceRolePolicy' }],
])

export function serviceLinkedRoleOperations({ store, names, clock }: IamDependencies): OperationHandlers<'iam'> {
  return {
    CreateServiceLinkedRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const { AWSServiceName: service } = input
        const definition = linked.get(service)
        if (definition === undefined) invalidInput(`The service ${service} has no service-linked role here.`)
        if (input.CustomSuffix !== undefined) invalidInput(`Custom suffix is not allowed for ${service}`)
        const { role: name, policy } = definition
        if (account.role.has(name.toLowerCase())) {
          invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`)
        }
        const path = `/aws-service-role/${service}/`
        const role: Role = {
          path,
          name,
          id: uniqueId('AROA'),
          arn: `arn:aws:iam::${accountId}:role${path}${name}`,
          createdAt: clock().toISOString(),
          tags: {},
          inline: {},
          attached: [`arn:aws:iam::aws:policy/aws-service-role/${policy}`],
          boundary: null,
          description: input.Description ?? null,
          trust: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { Service: [service] }, Action: ['sts:AssumeRole'] }],
          }),
          maxSessionSeconds: 3600,
          lastUsed: null,
          linkedService: service,
        }
        return { writes: [{ put: 'role', entity: role }], answer: { Role: showRole(role, names) } }
      }),

    DeleteServiceLinkedRole: async (input, { accountId }) =>
      store.change(accountId, (account) => {
        const role = requireRole(account, input.RoleName)
        if (role.linkedService === null)
          invalidInput(`The role ${role.name} is not service-linked. Delete it with DeleteRole.`)
        const task = `task/aws-service-role/${role.linkedService}/${role.name}/${randomUUID()}`
        return { writes: [{ remove: 'role', name: role.name }], answer: { DeletionTaskId: task } }
      }),

    /** A role is deleted at once: who holds a task's id may only learn that it is done. */
    GetServiceLinkedRoleDeletionStatus: async (input, { accountId }) => {
      const name = /^task\/aws-service-role\/[^/]+\/([^/]+)\/[0-9a-f-]{36}$/.exec(input.DeletionTaskId)?.[1]
      if (name === undefined || store.account(accountId).role.has(name.toLowerCase()))
        return missing(`No deletion task ${input.DeletionTaskId} is known.`)
      return { Status: 'SUCCEEDED' }
    },
  }
}

export function requireUnlinked(role: Role): Role {
  if (role.linkedService === null) return role
  throw new AwsError('UnmodifiableEntityException', {
    message: `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
  })
}

function invalidInput(message: string): never {
  throw new AwsError('InvalidInputException', { message })
}
