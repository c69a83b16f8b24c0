/**
 * Whom policies of resources mean: the user or role that was there when the policy was written, and nobody who is given the name
 * later. By boto3, on trust policies, key policies, grants, policies of secrets and of clusters.
 */
import { describe, it } from 'vitest'
import { judge } from './harness/judges.ts'
import { startMillraceProcess } from './harness/millrace.ts'
import { runOk } from './harness/run.ts'

const python = `
import boto3, json
from botocore.exceptions import ClientError

iam, kms, secrets, kafka = (boto3.client(name) for name in ('iam', 'kms', 'secretsmanager', 'kafka'))
ADA = 'arn:aws:iam::000000000000:user/ada'
NOBODY = 'arn:aws:iam::111122223333:role/nobody'

def doc(*statements):
    return json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', **s} for s in statements]})

def outcome(call, *args, **more):
    try:
        call(*args, **more)
        return 'allowed'
    except ClientError as error:
        return error.response['Error']['Code']

def message(call, *args, **more):
    try:
        call(*args, **more)
        raise AssertionError('not refused')
    except ClientError as error:
        return error.response['Error']['Message']

def make():
    made = iam.create_user(UserName='ada')['User']
    keys = iam.create_access_key(UserName='ada')['AccessKey']
    session = boto3.Session(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'])
    return made['UserId'], keys['AccessKeyId'], session

first, key_id, session = make()

# Policies that name her, and what they let her do. She has no policy of her own.
iam.create_role(RoleName='deploy', AssumeRolePolicyDocument=doc({'Principal': {'AWS': [ADA]}, 'Action': 'sts:AssumeRole'}))
key = kms.create_key(Policy=doc(
    {'Principal': {'AWS': 'arn:aws:iam::000000000000:root'}, 'Action': 'kms:*', 'Resource': '*'},
    {'Principal': {'AWS': ADA}, 'Action': 'kms:Encrypt', 'Resource': '*'}))['KeyMetadata']['Arn']
kms.create_grant(KeyId=key, GranteePrincipal=ADA, Operations=['GenerateDataKey'])
secret = secrets.create_secret(Name='shared', SecretString='x')['ARN']
secrets.put_resource_policy(SecretId=secret, ResourcePolicy=doc({'Principal': {'AWS': ADA}, 'Action': 'secretsmanager:GetSecretValue', 'Resource': '*'}))
spec = dict(KafkaVersion='3.9.x', NumberOfBrokerNodes=2, BrokerNodeGroupInfo={'InstanceType': 'kafka.m5.large', 'ClientSubnets': ['subnet-0a', 'subnet-0b']})
cluster = kafka.create_cluster(ClusterName='shared', **spec)['ClusterArn']
cluster_policy = doc({'Principal': {'AWS': ADA}, 'Action': 'kafka:DescribeCluster', 'Resource': cluster})
kafka.put_cluster_policy(ClusterArn=cluster, Policy=cluster_policy)

def outcomes():
    return [
        outcome(session.client('sts').assume_role, RoleArn='arn:aws:iam::000000000000:role/deploy', RoleSessionName='now'),
        outcome(session.client('kms').encrypt, KeyId=key, Plaintext=b'x'),
        outcome(session.client('kms').generate_data_key, KeyId=key, KeySpec='AES_256'),
        outcome(session.client('secretsmanager').get_secret_value, SecretId=secret),
        outcome(session.client('kafka').describe_cluster, ClusterArn=cluster),
    ]

def principals(policy):
    document = policy if isinstance(policy, dict) else json.loads(policy)
    return [p for s in document['Statement'] for p in (s['Principal']['AWS'] if isinstance(s['Principal']['AWS'], list) else [s['Principal']['AWS']])]

def shown():
    return [
        principals(iam.get_role(RoleName='deploy')['Role']['AssumeRolePolicyDocument'])[-1],
        principals(kms.get_key_policy(KeyId=key, PolicyName='default')['Policy'])[-1],
        kms.list_grants(KeyId=key)['Grants'][0]['GranteePrincipal'],
        principals(secrets.get_resource_policy(SecretId=secret)['ResourcePolicy'])[-1],
        principals(kafka.get_cluster_policy(ClusterArn=cluster)['Policy'])[-1],
    ]

# A trust policy that names the user suffices, as a policy of the resource does in one account.
assert outcomes() == ['allowed'] * 5, outcomes()
assert shown() == [ADA] * 5, shown()
assert kms.list_grants(KeyId=key, GranteePrincipal=ADA)['Grants'] != []

iam.delete_access_key(UserName='ada', AccessKeyId=key_id)
iam.delete_user(UserName='ada')
assert shown() == [first] * 5, shown()
second, key_id, session = make()
assert second != first
assert 'allowed' not in outcomes(), outcomes()
assert shown() == [first] * 5, shown()
assert kms.list_grants(KeyId=key, GranteePrincipal=ADA)['Grants'] == []

# What is read cannot be written back: its author is to say whom he means.
stale = kms.get_key_policy(KeyId=key, PolicyName='default')['Policy']
assert outcome(kms.put_key_policy, KeyId=key, PolicyName='default', Policy=stale) == 'MalformedPolicyDocumentException'
kms.put_key_policy(KeyId=key, PolicyName='default', Policy=stale.replace(first, ADA))
kafka.put_cluster_policy(ClusterArn=cluster, Policy=cluster_policy)
assert [o == 'allowed' for o in outcomes()] == [False, True, False, False, True], outcomes()

# Who is not there cannot be named, in another account neither.
trust = doc({'Principal': {'AWS': NOBODY}, 'Action': 'sts:AssumeRole'})
assert message(iam.update_assume_role_policy, RoleName='deploy', PolicyDocument=trust) == f'Invalid principal in policy: "AWS":"{NOBODY}"'
assert message(kms.put_key_policy, KeyId=key, PolicyName='default', Policy=stale.replace(first, NOBODY)).startswith('Policy contains a statement with one or more invalid principals')
assert outcome(kms.create_grant, KeyId=key, GranteePrincipal=NOBODY, Operations=['Decrypt']) == 'InvalidArnException'
assert 'unsupported principal' in message(secrets.put_resource_policy, SecretId=secret, ResourcePolicy=doc({'Principal': {'AWS': NOBODY}, 'Action': 'secretsmanager:*', 'Resource': '*'}))
assert message(kafka.put_cluster_policy, ClusterArn=cluster, Policy=cluster_policy.replace(ADA, NOBODY)).startswith('The cluster policy is not valid. The IAM Principal was not found')

# A role and its sessions, seen from another account.
other = boto3.Session(aws_access_key_id='111122223333', aws_secret_access_key='test')
visitor = other.client('iam').create_role(RoleName='visitor', AssumeRolePolicyDocument=doc({'Principal': {'AWS': '111122223333'}, 'Action': 'sts:AssumeRole'}))['Role']
sessions = 'arn:aws:sts::111122223333:assumed-role/visitor/now'
kms.put_key_policy(KeyId=key, PolicyName='default', Policy=stale.replace(f'"{first}"', json.dumps([visitor['Arn'], sessions])))
assert principals(kms.get_key_policy(KeyId=key, PolicyName='default')['Policy'])[1:] == [visitor['Arn'], sessions]
other.client('iam').delete_role(RoleName='visitor')
assert principals(kms.get_key_policy(KeyId=key, PolicyName='default')['Policy'])[1:] == [visitor['RoleId'], visitor['RoleId'] + ':now']
`

describe.skipIf(judge('boto3') === null)('boto3', () => {
  it('finds that policies mean who was there, and not who is called the same later', async () => {
    const millrace = await startMillraceProcess({ args: ['--ephemeral'] })
    try {
      await runOk('python3', ['-c', python], { environment: millrace.environment, timeoutMs: 120_000 })
    } finally {
      await millrace.stop()
    }
  }, 150_000)
})
