/**
 * The types of every operation of every served service, taken from the official SDK's own declarations. Types only: the
 * SDK clients are development dependencies and never loaded. An input has been validated before an operation sees it,
 * so members that the model requires are not `undefined` here, although the SDK declares them so.
 */
import type * as Ec2Sdk from '@aws-sdk/client-ec2'
import type * as IamSdk from '@aws-sdk/client-iam'
import type * as KafkaSdk from '@aws-sdk/client-kafka'
import type * as KmsSdk from '@aws-sdk/client-kms'
import type * as SecretsManagerSdk from '@aws-sdk/client-secrets-manager'
import type * as StsSdk from '@aws-sdk/client-sts'
import type { Operations as AcmPcaOperations } from './frozen/acm-pca.ts'

/** The served services, by signing name. */
export interface ServiceOperations {
  readonly kafka: OperationsOf<typeof KafkaSdk>
  readonly ec2: OperationsOf<typeof Ec2Sdk>
  readonly iam: OperationsOf<typeof IamSdk>
  readonly kms: OperationsOf<typeof KmsSdk>
  readonly secretsmanager: OperationsOf<typeof SecretsManagerSdk>
  readonly sts: OperationsOf<typeof StsSdk>
  /** Its SDK client is too old to have schemas: types from botocore's model. */
  readonly 'acm-pca': AcmPcaOperations
}

export type ServiceName = keyof ServiceOperations
export type OperationName<Service extends ServiceName> = keyof ServiceOperations[Service] & string

/** What an operation receives: decoded and validated; names as in the SDK (`ClusterName`), timestamps as Date, blobs as bytes. */
export type Input<
  Service extends ServiceName,
  Name extends OperationName<Service>,
> = ServiceOperations[Service][Name] extends { readonly input: infer I } ? I : never

/** What an operation answers with. Absent members are left out of the answer. */
export type Output<
  Service extends ServiceName,
  Name extends OperationName<Service>,
> = ServiceOperations[Service][Name] extends { readonly output: infer O } ? O : never

type OperationsOf<Sdk> = {
  readonly [Name in keyof Sdk as Name extends `${infer Operation}Command` ? Operation : never]: CommandTypes<Sdk[Name]>
}

type CommandTypes<Command> = Command extends abstract new (...parameters: never) => infer Instance
  ? Instance extends {
      resolveMiddleware(
        ...parameters: never
      ): (handled: { input: infer I; request: unknown }) => Promise<{ output: infer O }>
    }
    ? { readonly input: Validated<I>; readonly output: Validated<Omit<O, '$metadata'>> }
    : never
  : never

/** Required members lose `undefined`, at every depth. */
export type Validated<T> = T extends string | number | boolean | Date | Uint8Array | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? Validated<Item>[]
    : T extends object
      ? { [Key in keyof T]: object extends Pick<T, Key> ? Validated<T[Key]> : Validated<Exclude<T[Key], undefined>> }
      : T
