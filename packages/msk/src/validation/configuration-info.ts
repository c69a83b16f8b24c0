import type { CallContext } from '@millrace/aws/call-context'
import { badRequest } from '@millrace/aws/errors'
import { checkArn } from '../arns.ts'
import type { ConfigurationInfo } from '../sdk-types.ts'
import type { Revision } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The revision that a cluster is to run with. Every mistake is a BadRequestException, as MSK answers. */
export async function requireRevision(
  store: Store,
  context: CallContext,
  reference: ConfigurationInfo,
  options: { readonly kafkaVersion: string; readonly member: string },
): Promise<Revision> {
  const invalidParameter = `${options.member}.arn`
  try {
    checkArn('configuration', reference.Arn, invalidParameter, context)
  } catch (cause) {
    throw badRequest({ message: `Invalid Configuration ARN: ${reference.Arn}`, invalidParameter, cause })
  }
  const configuration = await store.configuration(reference.Arn)
  if (configuration === null) {
    throw badRequest({ message: `Invalid Configuration ARN: ${reference.Arn} does not exist.`, invalidParameter })
  }
  const versions = configuration.kafkaVersions
  if (versions.length > 0 && !versions.includes(options.kafkaVersion)) {
    throw badRequest({
      message: `Configuration ${configuration.name} is for Kafka ${versions.join(', ')}, the cluster runs ${options.kafkaVersion}.`,
      invalidParameter,
    })
  }
  const revision = await store.revision(reference.Arn, reference.Revision)
  if (revision === null) {
    throw badRequest({
      message: `Configuration ${configuration.name} has no revision ${reference.Revision}.`,
      invalidParameter: `${options.member}.revision`,
    })
  }
  return revision
}
