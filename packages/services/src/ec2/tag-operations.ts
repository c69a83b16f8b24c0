/** Tags of anything that has an id. */
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { refused } from './errors.ts'
import { filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import type { Resource, SecurityGroup, Tags } from './records.ts'
import { withoutTags, withTags } from './tags.ts'

export function tagOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateTags: async ({ Resources, Tags }, context) => {
      await changeTags(state, context, Resources, (tags) => withTags(tags, Tags))
      return {}
    },
    DeleteTags: async ({ Resources, Tags }, context) => {
      await changeTags(state, context, Resources, (tags) => withoutTags(tags, Tags))
      return {}
    },
    DescribeTags: async (input, context) => {
      const all = state
        .all(context)
        .flatMap((resource) => [
          ...tagsShown(resource.id, resource.kind, resource.tags),
          ...(resource.kind === 'security-group'
            ? resource.rules.flatMap((rule) => tagsShown(rule.id, 'security-group-rule', rule.tags))
            : []),
        ])
      const found = filtered(all, input.Filters, ['key', 'resource-id', 'resource-type', 'value'], (one) => ({
        key: [one.key],
        'resource-id': [one.resourceId],
        'resource-type': [one.type],
        value: [one.value],
      }))
      const page = pageOf(dependencies, 'DescribeTags', context, found, input)
      return {
        Tags: page.items.map(({ key, value, resourceId, type }) => ({
          Key: key,
          Value: value,
          ResourceId: resourceId,
          ResourceType: type,
        })),
        NextToken: page.next,
      }
    },
  }
}

type TaggedType = Resource['kind'] | 'security-group-rule'

function tagsShown(resourceId: string, type: TaggedType, tags: Tags) {
  return Object.entries(tags).map(([key, value]) => ({
    id: `${resourceId} ${key}`,
    tags,
    resourceId,
    type,
    key,
    value,
  }))
}

/** All of them or none. */
function changeTags(
  state: NetworkState,
  context: CallContext,
  ids: readonly string[],
  change: (tags: Tags) => Tags,
): Promise<null> {
  return state.change(() => {
    const changed = new Map<string, Resource>()
    for (const id of ids) {
      const resources = state.all(context).map((resource) => changed.get(resource.id) ?? resource)
      const resource = resources.find((one) => one.id === id) ?? null
      const group = resources.find(
        (one): one is SecurityGroup => one.kind === 'security-group' && one.rules.some((rule) => rule.id === id),
      )
      if (resource !== null) changed.set(id, { ...resource, tags: change(resource.tags) })
      else if (group !== undefined) {
        const rules = group.rules.map((rule) => (rule.id === id ? { ...rule, tags: change(rule.tags) } : rule))
        changed.set(group.id, { ...group, rules })
      } else throw refused('InvalidID', `The ID '${id}' is not valid`)
    }
    return { put: [...changed.values()], answer: null }
  })
}
