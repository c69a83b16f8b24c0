/**
 * A service is a frozen model plus the operations that have code. Everything else of the model answers 501 by name, so
 * that what is absent is visible and never faked.
 */
import type { TargetResolver } from './authorization-target.ts'
import type { CallContext } from './call-context.ts'
import type { Model } from './model.ts'
import type { Input, OperationName, Output, ServiceName } from './operation-types.ts'

/**
 * One operation: gets validated input, answers or throws an AwsError. Any other throw is a fault of ours: the caller sees
 * InternalServerErrorException (or the service's own name for it) without details, the log has the cause.
 */
export type OperationHandler<Name extends ServiceName, Operation extends OperationName<Name>> = (
  input: Input<Name, Operation>,
  context: CallContext,
) => Promise<Output<Name, Operation>>

/** The operations of a service that have code. */
export type OperationHandlers<Name extends ServiceName> = {
  readonly [Operation in OperationName<Name>]?: OperationHandler<Name, Operation>
}

/** What the front door calls: the model says how to decode and encode. */
export type UntypedOperation = (input: Readonly<Record<string, unknown>>, context: CallContext) => Promise<unknown>

export interface Service {
  readonly model: Model
  readonly operations: ReadonlyMap<string, UntypedOperation>
  /** What each call needs leave for; null: its operation on the ARN in its path. */
  readonly targets: TargetResolver | null
}

/**
 * Joins a model with its operations. Throws if an operation is not in the model.
 *
 *     defineService(loadModel('kafka'), { ListKafkaVersions: async (input, context) => ({ KafkaVersions: [] }) })
 */
export function defineService<Name extends ServiceName>(
  model: Model<Name>,
  handlers: NoInfer<OperationHandlers<Name>>,
  targets: TargetResolver | null = null,
): Service {
  const operations = new Map<string, UntypedOperation>()
  for (const [name, handler] of Object.entries(handlers)) {
    if (!model.operations.has(name)) throw new Error(`${model.service} has no operation ${name}`)
    // The cast joins two worlds: the model decodes what the SDK's declaration of the same operation says.
    if (handler !== undefined) operations.set(name, handler as unknown as UntypedOperation)
  }
  return { model, operations, targets }
}
