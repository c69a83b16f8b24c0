/** Clusters, configurations and VPC connections carry tags; all are named by their ARN alone. */
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

/** @throws BadRequestException for what is no ARN of any of them, NotFoundException when there is no such resource */
export async function requireTaggedResource(store: Store, arn: string, context: CallContext): Promise<TaggedResource> {
  const kind = kindOf(arn)
  checkArn(kind, arn, 'resourceArn', context)
  const resource = await taggedResource(store, kind, arn)
  if (resource !== null) return resource
  throw notFound({ message: `The ${kind} ${arn} does not exist.`, invalidParameter: 'resourceArn' })
}

type Kind = 'cluster' | 'configuration' | 'vpc-connection'

/** What is no ARN at all is told to be none of a cluster. */
function kindOf(arn: string): Kind {
  const parsed = parseArn(arn)
  const kind = parsed === null ? '' : resourceParts(parsed)[0]
  return kind === 'configuration' || kind === 'vpc-connection' ? kind : 'cluster'
}

async function taggedResource(store: Store, kind: Kind, arn: string): Promise<TaggedResource | null> {
  if (kind === 'vpc-connection') {
    const connection = await store.vpcConnection(arn)
    if (connection === null) return null
    return { tags: connection.tags, write: (tags) => store.putVpcConnection({ ...connection, tags }) }
  }
  const resource = kind === 'cluster' ? await store.cluster(arn) : await store.configuration(arn)
  if (resource === null) return null
  return {
    tags: resource.tags,
    write: (tags) =>
      kind === 'cluster' ? store.updateCluster(arn, { tags }) : store.updateConfiguration(arn, { tags }),
  }
}
