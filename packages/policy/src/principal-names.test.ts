import { describe, expect, test } from 'vitest'
import { shownPolicy, storedPolicy, UnknownPrincipalError, type PrincipalNames } from './principal-names.ts'

const ADA = 'arn:aws:iam::000000000000:user/ada'
const names: PrincipalNames = {
  stored(name) {
    if (name === 'nobody') throw new UnknownPrincipalError(name)
    return name === ADA ? 'AIDAADA' : name
  },
  shown: (name) => (name === 'AIDAADA' ? ADA : name),
}

describe('the principals of a policy', () => {
  test('are stored by id and shown by ARN, the rest of the text untouched', () => {
    const text = `{
  "Version": "2012-10-17",  "Statement": [
    { "Effect": "Allow", "Principal": { "AWS": ["${ADA}", "111122223333"], "Service": "${ADA}" }, "Action": "kms:*",
      "Resource": "${ADA}", "Condition": { "ArnEquals": { "aws:PrincipalArn": ["${ADA}"] } } },
    { "Effect": "Deny", "NotPrincipal": { "AWS": "${ADA}" }, "Action": ["${ADA}"], "Resource": "*" }
  ]
}`
    const stored = storedPolicy(text, names)
    expect(stored).toBe(
      text
        .replace(`["${ADA}", "111122223333"]`, '["AIDAADA", "111122223333"]')
        .replace(`"NotPrincipal": { "AWS": "${ADA}" }`, '"NotPrincipal": { "AWS": "AIDAADA" }'),
    )
    expect(shownPolicy(stored, names)).toBe(text)
  })

  test.each([
    ['one statement without a list', `{"Statement":{"Principal":{"AWS":"${ADA}"}}}`, true],
    ['everybody', '{"Statement":[{"Principal":"*"}]}', false],
    [
      'escapes in members and names',
      `{"Statement":[{"Princip\\u0061l":{"AWS":"${ADA.replace('ada', '\\u0061da')}"}}]}`,
      true,
    ],
    ['braces and quotes in other text', `{"Id":"}]\\"{","Statement":[{"Sid":"[","Principal":{"AWS":"${ADA}"}}]}`, true],
    [
      'a member of that name elsewhere',
      `{"Statement":[{"Condition":{"Principal":{"AWS":"${ADA}"}}}],"Principal":{"AWS":"${ADA}"}}`,
      false,
    ],
    ['a number before', `{"Statement":[{"Condition":{"A":{"b":[1,true,null]}},"Principal":{"AWS":"${ADA}"}}]}`, true],
  ])('are found with %s', (_what, text, found) => {
    expect(storedPolicy(text, names).includes('"AIDAADA"')).toBe(found)
  })

  test('must be there', () => {
    const text = '{"Statement":[{"Principal":{"AWS":["*","nobody"]}}]}'
    expect(() => storedPolicy(text, names)).toThrow('Invalid principal in policy: "AWS":"nobody"')
  })
})
