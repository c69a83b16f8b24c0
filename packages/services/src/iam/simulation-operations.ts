import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import type { NamedPolicy } from '@millrace/policy/principal-policies'
import type { IamDependencies } from './dependencies.ts'
import { listPage, type ListRequest } from './lists.ts'
import {
  contextKeys,
  givenPolicies,
  simulate,
  simulatedCaller,
  simulatedPrincipal,
  type Simulated,
  type Simulation,
} from './simulation.ts'

export function simulationOperations(dependencies: IamDependencies): OperationHandlers<'iam'> {
  const { store, documents, pages, clock } = dependencies

  const page = (input: Simulation & ListRequest, simulated: Simulated, context: CallContext) => {
    const results = simulate(documents, simulated, input, clock()).map((result, index) => ({ result, index }))
    const { shown, more } = listPage({
      pages,
      request: input,
      context,
      of: ['Simulate', simulated.principal.arn, ...input.ActionNames, ...(input.ResourceArns ?? [])],
      items: results,
      sortKey: ({ index }) => String(index).padStart(8, '0'),
      show: ({ result }) => result,
    })
    return { EvaluationResults: shown, ...more }
  }

  return {
    SimulatePrincipalPolicy: async (input, context) => {
      const account = store.account(context.accountId)
      const simulated = simulatedPrincipal(dependencies, account, input.PolicySourceArn)
      const more = givenPolicies(documents, input.PolicyInputList, 'PolicyInputList')
      const { policies } = simulated
      return page(
        input,
        { ...simulated, policies: { ...policies, identity: [...policies.identity, ...more] } },
        context,
      )
    },

    SimulateCustomPolicy: async (input, context) => {
      const simulated = simulatedCaller(dependencies, store.account(context.accountId), input.CallerArn)
      const identity = givenPolicies(documents, input.PolicyInputList, 'PolicyInputList')
      return page(input, { ...simulated, policies: { ...simulated.policies, identity } }, context)
    },

    GetContextKeysForCustomPolicy: async ({ PolicyInputList }) => ({
      ContextKeyNames: contextKeys(givenPolicies(documents, PolicyInputList, 'PolicyInputList')),
    }),

    GetContextKeysForPrincipalPolicy: async ({ PolicySourceArn, PolicyInputList }, { accountId }) => {
      const { policies } = simulatedPrincipal(dependencies, store.account(accountId), PolicySourceArn)
      const given: readonly NamedPolicy[] = givenPolicies(documents, PolicyInputList, 'PolicyInputList')
      return { ContextKeyNames: contextKeys([...policies.identity, ...given]) }
    },
  }
}
