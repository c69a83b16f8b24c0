/** Services of a few operations, and a user who may describe one cluster and end what secrets it has, for tests of the API as a whole. */
import { parsePolicy } from '@millrace/policy/parse-policy'
import { noPolicies } from '@millrace/policy/principal-policies'
import { principalValues } from '@millrace/policy/principal-values'
import type { Principal } from '@millrace/policy/principal'
import type { Credential } from '../credentials.ts'
import { badRequest, notFound } from '../errors.ts'
import { loadModel } from '../model.ts'
import { defineService, type Service } from '../service.ts'
import type { TestRequest } from './sign.ts'

export const clusterArn: string = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/5f1d-2'
export const clusterPath: string = `/v1/clusters/${encodeURIComponent(clusterArn)}`
export const ada: Principal = {
  type: 'user',
  arn: 'arn:aws:iam::000000000000:user/ada',
  userId: 'AIDAADA',
  accountId: '000000000000',
}
export const adaOfOneCluster: Credential = {
  accessKeyId: 'AKIAADA',
  secret: 'ada',
  sessionToken: null,
  expiresAtMs: null,
  principal: ada,
  policies: {
    ...noPolicies,
    identity: [
      {
        name: 'describe',
        document: parsePolicy(
          JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['kafka:Describe*', 'kafka:BatchDisassociateScramSecret'],
                Resource: `${clusterArn}*`,
              },
              {
                Effect: 'Allow',
                Action: 'secretsmanager:GetSecretValue',
                Resource: 'arn:aws:secretsmanager:*:*:secret:ada',
              },
            ],
          }),
          'identity',
        ),
      },
    ],
  },
  values: principalValues(ada),
}

const kafka: Service = defineService(loadModel('kafka'), {
  CreateClusterV2: async (input) => ({ ClusterName: input.ClusterName, State: 'CREATING' }),
  DescribeCluster: async (input, context) => {
    if (input.ClusterArn !== clusterArn) throw notFound({ message: 'No such cluster.', invalidParameter: 'clusterArn' })
    return {
      ClusterInfo: {
        ClusterArn: input.ClusterArn,
        ClusterName: `${context.region} ${context.apiHost} ${context.sourceIp}`,
      },
    }
  },
  DescribeConfigurationRevision: async (input) => ({ Revision: input.Revision }),
  ListClusters: async () => {
    throw new Error('the store is on fire')
  },
  ListTagsForResource: async () => ({ Tags: { a: 'b' } }),
  TagResource: async () => ({}),
  BatchDisassociateScramSecret: async ({ ClusterArn, SecretArnList }, { whyNot }) => ({
    ClusterArn,
    UnprocessedScramSecrets: SecretArnList.flatMap((secret) => {
      const why = whyNot({ action: 'secretsmanager:GetSecretValue', resource: secret })
      return why === null ? [] : [{ SecretArn: secret, ErrorMessage: why }]
    }),
  }),
  UntagResource: async (input) => {
    throw badRequest({ message: `keys: ${input.TagKeys.join('|')}` })
  },
  CreateConfiguration: async (input) => ({ Arn: Buffer.from(input.ServerProperties).toString('utf8') }),
})
const iam: Service = defineService(loadModel('iam'), {
  CreateUser: async (input) => ({
    User: { Path: '/', UserName: input.UserName, UserId: 'x', Arn: 'x', CreateDate: new Date(0) },
  }),
})
const sts: Service = defineService(loadModel('sts'), {
  GetCallerIdentity: async (_input, { principal }) => ({ Arn: principal.arn }),
})

export const fakeServices: readonly Service[] = [kafka, iam, sts]

export function post(path: string, body: unknown): TestRequest {
  return {
    method: 'POST',
    path,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  }
}

export function form(service: string, body: string): TestRequest {
  return {
    method: 'POST',
    service,
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  }
}
