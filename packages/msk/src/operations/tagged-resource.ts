/** Clusters and configurations carry tags; both are named by their ARN alone. */
import { parseArn, resourceParts } from '@millrace/aws/arn'
import type { CallContext } from '@millrace/aws/call-context'
import { notFound } from '@millrace/aws/errors'
import { checkArn } from '../arns.ts'
import type { Tags } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface TaggedResource {
  readonly tags: Tags
  write(tags: Tags): Promise<void>
}

/** @throws BadRequestException for what is no ARN of either, NotFoundException when there is no such resource */
export async function requireTaggedResource(store: Store, arn: string, context: CallContext): Promise<TaggedResource> {
  const parsed = parseArn(arn)
  const kind = parsed !== null && resourceParts(parsed)[0] === 'configuration' ? 'configuration' : 'cluster'
  checkArn(kind, arn, 'resourceArn', context)
  const resource = kind === 'cluster' ? await store.cluster(arn) : await store.configuration(arn)
  if (resource === null)
    throw notFound({ message: `The ${kind} ${arn} does not exist.`, invalidParameter: 'resourceArn' })
  return {
    tags: resource.tags,
    write: (tags) =>
      kind === 'cluster' ? store.updateCluster(arn, { tags }) : store.updateConfiguration(arn, { tags }),
  }
}
