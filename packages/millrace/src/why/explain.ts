/** An event in words, with the smallest change that would have turned it. Pure. */
import type { IamDenial } from '@millrace/policy/denials/denials'
import { aclChangeFor, aclRemedies, type ClusterAcls } from './acl-remedy.ts'
import { quotaRemedies } from './quota-remedy.ts'
import type { Explanation, Remedy, WhyEvent } from './why-event.ts'

/** Node ids from here on are controllers. */
const CONTROLLER_ID_MIN = 10_001

/** @param acls of the event's cluster as they are now; null when they could not be read */
export function explainEvent(event: WhyEvent, acls: ClusterAcls | null): Explanation {
  return { event, who: whoOf(event), reason: event.reason, remedies: remediesOf(event, acls) }
}

function whoOf(event: WhyEvent): string {
  const who = `${event.principal ?? 'somebody'} from ${event.remoteAddress === '' ? 'nowhere' : event.remoteAddress}`
  if (event.type === 'api') return `${who} at the AWS API (${event.action})`
  const listener = event.type === 'connection' ? `, ${event.listener}` : ''
  return `${who} at ${nodesOf(event.nodes)} of ${event.clusterName}${listener}`
}

function nodesOf(nodes: readonly number[]): string {
  const brokers = nodes.filter((id) => id < CONTROLLER_ID_MIN)
  if (brokers.length === 0) return 'the controller'
  return `${brokers.length === 1 ? 'broker' : 'brokers'} ${brokers.join(', ')}`
}

function remediesOf(event: WhyEvent, acls: ClusterAcls | null): Remedy[] {
  if (event.iam !== null) return policyRemedies(smallest(event, event.iam), event.principal)
  // A principal of IAM that no policy spoke of: ACLs do not speak for it either.
  if (event.principal?.startsWith('IAM:') === true && event.type === 'denial') return []
  switch (event.type) {
    case 'api':
      return [API_REMEDIES.find(([pattern]) => pattern.test(event.errorCode))?.[1] ?? []].flat()
    case 'connection':
      if (event.quota !== null) return quotaRemedies(event.quota)
      return event.remedy === null ? [] : [{ about: 'What to do', lines: [event.remedy] }]
    case 'denial': {
      if (acls === null) return []
      const change = aclChangeFor(event, acls)
      if (change !== null) return aclRemedies(event.clusterName, change)
      return [{ about: 'What to do', lines: ['Nothing: by the ACLs as they are now it would be allowed.'] }]
    }
  }
}

/** To write anywhere at all, an idempotent producer needs one of two; the one that opens nothing else is proposed. */
function smallest(event: WhyEvent, iam: IamDenial): IamDenial {
  if (event.type !== 'denial' || event.resourceName !== '' || iam.because === 'explicit-deny') return iam
  const resource = iam.resource.replace(/:topic\/([^/]+)\/([^/]+)\/.*$/, ':cluster/$1/$2')
  return { ...iam, actions: ['kafka-cluster:WriteDataIdempotently'], resource }
}

/** The smallest statement that allows it, or the one that stands in the way. */
function policyRemedies({ actions, resource, because, set, statement }: IamDenial, principal: string | null): Remedy[] {
  if (because === 'explicit-deny') {
    const where =
      statement === null
        ? 'the statement that denies it'
        : `statement ${statement.index}${statement.sid === null ? '' : ` (${statement.sid})`} of policy ${statement.policy}`
    return [
      {
        about: 'No Allow helps against an explicit Deny',
        lines: [`Take ${actions.join(', ')} on ${resource} out of ${where}.`],
      },
    ]
  }
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        // A resource's own policy says who; all others belong to somebody.
        ...(set === 'resource' ? { Principal: { AWS: (principal ?? '').replace(/^IAM:/, '') } } : {}),
        Action: actions.length === 1 ? actions[0] : actions,
        Resource: resource,
      },
    ],
  }
  return [{ about: ALLOWED_BY[set ?? 'identity'], lines: JSON.stringify(policy, null, 2).split('\n') }]
}

const ALLOWED_BY: Readonly<Record<NonNullable<IamDenial['set']>, string>> = {
  identity: 'Allow it by this policy of the user or role',
  boundary: 'The permissions boundary cuts it off: it has to allow this too',
  session: 'The session policy cuts it off: whoever assumes the role has to pass one that allows this too',
  resource: 'It has to be allowed by the policy of the resource as well (aws kafka put-cluster-policy)',
}

const API_REMEDIES: readonly (readonly [RegExp, Remedy])[] = [
  [
    /MissingAuthenticationToken/,
    { about: 'What to do', lines: ['Sign the request: eval "$(millrace env)" gives the AWS tools credentials.'] },
  ],
  [
    /UnrecognizedClient|InvalidClientToken|AuthFailure/,
    {
      about: 'What to do',
      lines: ['Use a key that exists here: `aws iam create-access-key`, or the root credentials of `millrace env`.'],
    },
  ],
  [
    /Signature(?!Expired)/,
    {
      about: 'What to do',
      lines: ['Look at the secret access key, and whether something between changes the request.'],
    },
  ],
  [/Expired/, { about: 'What to do', lines: ['Set the clock of the client, or take new temporary credentials.'] }],
]
