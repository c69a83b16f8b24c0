import { badRequest, conflict, tooManyRequests } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { configurationArn, newResourceId } from '../arns.ts'
import { readServerProperties } from '../configurations/server-properties.ts'
import { kafkaVersion, kafkaVersions } from '../kafka-versions.ts'
import { checkDescription } from '../validation/description.ts'
import type { Dependencies } from './dependencies.ts'

const CONFIGURATIONS_PER_ACCOUNT_MAX = 100

export function createConfiguration({ store, clock }: Dependencies): OperationHandler<'kafka', 'CreateConfiguration'> {
  return async ({ Name, Description, KafkaVersions, ServerProperties }, context) => {
    if (!/^[0-9A-Za-z][0-9A-Za-z-]*$/.test(Name)) {
      throw badRequest({
        message:
          'The parameter value contains one or more invalid characters. A configuration name has letters, digits and hyphens, and begins with a letter or digit.',
        invalidParameter: 'name',
      })
    }
    checkDescription(Description)
    for (const version of KafkaVersions ?? []) {
      if (kafkaVersion(version) !== null) continue
      throw badRequest({
        message: `Unsupported KafkaVersion [${version}]. Valid values: [${kafkaVersions.map((fact) => fact.version).join(', ')}]`,
        invalidParameter: 'kafkaVersions',
      })
    }
    readServerProperties(ServerProperties)
    const createdAt = clock().toISOString()
    const description = Description ?? ''
    const arn = configurationArn(context, Name, newResourceId())
    await store.transaction(async (transaction) => {
      const others = await transaction.configurations(context)
      if (others.some(({ name }) => name === Name)) {
        throw conflict({ message: `A configuration with the name ${Name} already exists.`, invalidParameter: 'name' })
      }
      if (others.length >= CONFIGURATIONS_PER_ACCOUNT_MAX) {
        throw tooManyRequests({
          message: `An account can have ${CONFIGURATIONS_PER_ACCOUNT_MAX} configurations in a region.`,
        })
      }
      await transaction.insertConfiguration(
        {
          arn,
          accountId: context.accountId,
          region: context.region,
          name: Name,
          description,
          kafkaVersions: KafkaVersions ?? [],
          createdAt,
          tags: {},
        },
        {
          configurationArn: arn,
          revision: 1,
          description,
          createdAt,
          properties: Buffer.from(ServerProperties).toString('utf8'),
        },
      )
    })
    return {
      Arn: arn,
      CreationTime: new Date(createdAt),
      LatestRevision: { CreationTime: new Date(createdAt), Description: description, Revision: 1 },
      Name,
      State: 'ACTIVE',
    }
  }
}
