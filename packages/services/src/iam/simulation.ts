/**
 * SimulatePrincipalPolicy and SimulateCustomPolicy: the evaluator that decides on real calls, asked about calls that nobody
 * makes. Context that only a real call has (source address, tags of the resource) must be given, as on AWS.
 */
import { parseArn } from '@millrace/aws/arn'
import { AwsError } from '@millrace/aws/errors'
import type { Input, Output } from '@millrace/aws/operation-types'
import type { PolicyKind } from '@millrace/policy/parse-policy'
import { evaluate, type Decision } from '@millrace/policy/evaluate'
import type { NamedPolicy, PolicySets, PrincipalPolicies, ResourcePolicies } from '@millrace/policy/principal-policies'
import type { Principal } from '@millrace/policy/principal'
import { principalValues } from '@millrace/policy/principal-values'
import type { IamDependencies } from './dependencies.ts'
import type { Account, Tags } from './entities.ts'
import { rolePrincipal, rootPrincipal, userPrincipal } from './principals.ts'
import { missing } from './require.ts'
import type { PolicyDocuments } from './policy-documents.ts'

export type Simulation = Omit<Input<'iam', 'SimulateCustomPolicy'>, 'PolicyInputList' | 'Marker' | 'MaxItems'>
export type SimulationResult = NonNullable<Output<'iam', 'SimulateCustomPolicy'>['EvaluationResults']>[number]

/** Whose call it would be. */
export interface Simulated {
  readonly principal: Principal
  readonly tags: Tags
  readonly policies: PrincipalPolicies
}

/** A user, a group or a role, by ARN. Throws NoSuchEntityException. */
export function simulatedPrincipal({ policies }: IamDependencies, account: Account, arn: string): Simulated {
  const user = [...account.user.values()].find((one) => one.arn === arn)
  if (user !== undefined)
    return { principal: userPrincipal(account, user), tags: user.tags, policies: policies.ofUser(account, user) }
  const role = [...account.role.values()].find((one) => one.arn === arn)
  if (role !== undefined) {
    return {
      principal: rolePrincipal(account, role, 'simulation'),
      tags: role.tags,
      policies: policies.ofRole(account, role),
    }
  }
  const group = [...account.group.values()].find((one) => one.arn === arn)
  if (group === undefined) return missing(`The principal ${arn} cannot be found.`)
  const { accountId } = account
  const principal: Principal = { type: 'user', arn: `arn:aws:iam::${accountId}:user/`, userId: '', accountId }
  return { principal, tags: {}, policies: policies.ofGroup(account, group) }
}

/** Nobody in particular of the account, or the user that `CallerArn` names. */
export function simulatedCaller(dependencies: IamDependencies, account: Account, callerArn?: string): Simulated {
  const none = { identity: [], boundary: null, session: null }
  if (callerArn === undefined) {
    const { arn, accountId } = rootPrincipal(account)
    return { principal: { type: 'user', arn, userId: '', accountId }, tags: {}, policies: none }
  }
  return { ...simulatedPrincipal(dependencies, account, callerArn), policies: none }
}

/** Policies given as text, to be evaluated as if attached. Throws InvalidInputException. */
export function givenPolicies(
  documents: PolicyDocuments,
  list: readonly string[] | undefined,
  name: string,
  kind: PolicyKind = 'identity',
): readonly NamedPolicy[] {
  return (list ?? []).map((text, index) => {
    try {
      return { name: `${name}.${index + 1}`, document: documents.parse(text, kind) }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      throw new AwsError('InvalidInputException', { message: `${name}.${index + 1}: ${error.message}`, cause: error })
    }
  })
}

/** One result for every action on every resource, in the order given. */
export function simulate(
  documents: PolicyDocuments,
  { principal, tags, policies }: Simulated,
  asked: Simulation,
  now: Date,
): SimulationResult[] {
  const boundary = givenPolicies(
    documents,
    asked.PermissionsBoundaryPolicyInputList,
    'PermissionsBoundaryPolicyInputList',
  )
  const mine = boundary[0] === undefined ? policies : { ...policies, boundary: boundary[0] }
  const values = new Map<string, readonly string[]>([
    ...Object.entries(principalValues(principal, tags)),
    ['aws:currenttime', [now.toISOString()]],
    ['aws:epochtime', [String(Math.floor(now.getTime() / 1000))]],
    ['aws:securetransport', ['false']],
    ...(asked.ContextEntries ?? []).map(
      ({ ContextKeyName: key = '', ContextKeyValues: given = [] }) => [key.toLowerCase(), given] as const,
    ),
  ])
  return asked.ActionNames.flatMap((action) =>
    (asked.ResourceArns ?? ['*']).map((resource) => {
      const sets: PolicySets = { ...mine, resource: resourcePolicies(documents, asked, resource, principal) }
      const decision = evaluate({ principal, action, resource, values }, sets)
      return result(action, resource, decision, sets, missingKeys(sets, values))
    }),
  )
}

/** Every condition key and variable that the policies ask for, in their own writing. */
export function contextKeys(policies: readonly NamedPolicy[]): string[] {
  const keys = policies.flatMap(({ document }) =>
    document.statements.flatMap(({ conditions, resources }) => [
      ...conditions.flatMap(({ key, values }) => [key, ...values.flatMap(variablesIn)]),
      ...resources.patterns.flatMap(variablesIn),
    ]),
  )
  return [...new Map(keys.map((key) => [key.toLowerCase(), key])).values()].sort()
}

function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{([^},]+)[^}]*\}/g)]
    .map((match) => (match[1] ?? '').trim())
    .filter((key) => key.includes(':'))
}

function resourcePolicies(
  documents: PolicyDocuments,
  { ResourcePolicy, ResourceOwner }: Simulation,
  resource: string,
  principal: Principal,
): ResourcePolicies | null {
  const owner = parseArn(ResourceOwner ?? '')?.accountId ?? parseArn(resource)?.accountId ?? ''
  const accountId = owner === '' || owner === 'aws' ? principal.accountId : owner
  if (ResourcePolicy === undefined && accountId === principal.accountId) return null
  const given = ResourcePolicy === undefined ? [] : [ResourcePolicy]
  return { accountId, policies: givenPolicies(documents, given, 'ResourcePolicy', 'resource'), mustAllow: false }
}

function missingKeys({ identity, boundary, resource }: PolicySets, values: ReadonlyMap<string, unknown>): string[] {
  const all = [...identity, ...(boundary === null ? [] : [boundary]), ...(resource?.policies ?? [])]
  return contextKeys(all).filter((key) => !values.has(key.toLowerCase()))
}

function result(
  action: string,
  resource: string,
  decision: Decision,
  sets: PolicySets,
  missingContext: string[],
): SimulationResult {
  const told = decision.allowed ? 'allowed' : decision.reason === 'explicit-deny' ? 'explicitDeny' : 'implicitDeny'
  const matched =
    decision.statement === null
      ? []
      : [{ SourcePolicyId: decision.statement.policy, SourcePolicyType: sourceType(decision) }]
  const boundaryDetail =
    sets.boundary === null
      ? {}
      : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: decision.set !== 'boundary' } }
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: told,
    MatchedStatements: matched,
    MissingContextValues: missingContext,
    ...boundaryDetail,
    ResourceSpecificResults: [
      {
        EvalResourceName: resource,
        EvalResourceDecision: told,
        MatchedStatements: matched,
        MissingContextValues: missingContext,
        ...boundaryDetail,
      },
    ],
  }
}

function sourceType({ set, statement }: Decision): 'resource' | 'aws-managed' | 'user-managed' | 'none' {
  if (set === 'resource') return 'resource'
  const policy = statement?.policy ?? ''
  if (policy.startsWith('arn:aws:iam::aws:')) return 'aws-managed'
  return policy.startsWith('arn:') ? 'user-managed' : 'none'
}
