import { describe, expect, test } from 'vitest'
import { parsePrincipalMapping, PrincipalMappingError } from './principal-mapping.ts'

const several = [
  'RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/',
  'RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L',
  'RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L',
  'DEFAULT',
].join(', ')

describe('rules give what the SslPrincipalMapper of Kafka 4.1 gives', () => {
  test.each([
    ['DEFAULT', 'CN=a,O=b', 'CN=a,O=b'],
    ['', 'CN=a,O=b', null],
    [several, 'CN=kafka-server1, OU=KAFKA', 'kafka'],
    [several, 'CN=duke,OU=ServiceUsers,O=Org,C=US', 'duke'],
    [several, 'CN=duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US', 'duke@sme'],
    ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L, DEFAULT', 'cn=JavaUser123,ou=x', 'javauser123'],
    ['RULE:^CN=([^,]+).*$/$1/U', 'CN=alice,O=b', 'ALICE'],
    ['RULE:^CN=x$/y/', 'CN=alice,O=b', null],
    [String.raw`RULE:^CN=([^,]+).*$/\/$1\/$2/`, 'CN=alice,O=b', '/alice/$2'],
    [String.raw`RULE:^CN=([^,]+),.*$/a\$1$1/,DEFAULT`, 'CN=alice,O=b', 'a$1alice'],
    ['RULE:CN=(.*?)/$1!/', 'CN=alice', '!alice'],
    [String.raw`RULE:^uid=(.*),.*$/$1/ , RULE:^CN=a\/b.*$/slash/`, 'CN=a/b,O=c', 'slash'],
    ['RULE:^CN=([^,]+).*$/$1$0/', 'CN=a,O=b', 'aCN=a,O=b'],
  ])('%s of %s', (rules, subject, name) => {
    expect(parsePrincipalMapping(rules)(subject)).toBe(name)
  })

  test.each([
    ['junk', '`junk`'],
    ['RULE:^CN=(.*)$/$1', '`RULE:^CN=(.*)$/$1`'],
    ['RULE:^CN=(.*)$/$1/X', '`X`'],
    ['DEFAULT,junk', '`junk`'],
    ['default', '`default`'],
  ])('%s is refused', (rules, unmatched) => {
    expect(() => parsePrincipalMapping(rules)).toThrow(`unmatched substring: ${unmatched}`)
  })
})

test('a pattern that is none is refused at once, not at the first client', () => {
  expect(() => parsePrincipalMapping('RULE:^CN=(.*$/$1/')).toThrow(PrincipalMappingError)
})
