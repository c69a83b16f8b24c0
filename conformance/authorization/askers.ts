/** Who decides about a case in this process: its own ACLs, or its own IAM policy, and nothing else. */
import { AclAuthority } from '@millrace/policy/acl/authority'
import { IamAuthority } from '@millrace/policy/kafka-cluster/iam-authority'
import { iamPrincipal } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { parsePolicy } from '@millrace/policy/parse-policy'
import { aclOf } from './acl-words.ts'
import type { TableCase } from './cases.ts'
import { policyOf } from './iam-policy.ts'
import type { Asker } from './in-process.ts'

const CLUSTER_ARN = 'arn:aws:kafka:us-east-1:111122223333:cluster/table/0f6ad4c2-7d3e-4a4b-9c53-2f1f5a0b6c11-2'

export function askerOf(each: TableCase): Asker {
  return each.kind === 'acl' ? byAcls(each) : byIam(each)
}

function byAcls({ id, grants }: TableCase): Asker {
  const principal = `User:case-${id}`
  const acls = grants.map((grant) => {
    const { resourcePatternType: patternType, ...acl } = aclOf(grant, id, principal)
    return { ...acl, patternType }
  })
  const authority = new AclAuthority({ acls, superUsers: new Set(), allowEveryoneIfNoAcl: false })
  return { principal, authority }
}

function byIam(each: TableCase): Asker {
  const arn = `arn:aws:iam::111122223333:user/case-${each.id}`
  const principal = { type: 'user', arn, userId: 'AIDATABLE', accountId: '111122223333' } as const
  const document = parsePolicy(JSON.stringify(policyOf(each, CLUSTER_ARN)), 'identity')
  const authority = new IamAuthority({
    nowMs: () => 0,
    snapshot: {
      clusterArn: CLUSTER_ARN,
      tags: {},
      clusterPolicy: null,
      policies: [{ name: 'of the case', document }],
      principals: [{ principal, grants: [{ identity: [0], boundary: null, session: null, values: {} }] }],
      credentials: [],
      reverseNames: [],
      connectsPerSecond: null,
    },
  })
  return { principal: iamPrincipal(arn), authority }
}
