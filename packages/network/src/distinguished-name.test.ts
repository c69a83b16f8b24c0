import { expect, test } from 'vitest'
import { distinguishedName, subjectOf } from './distinguished-name.ts'

/** What; the Name in DER; what `new X500Principal(der).getName()` of OpenJDK 17 says. */
const names: readonly (readonly [what: string, der: string, name: string])[] = [
  [
    'a plain name',
    '302a3110300e06035504030c07636c69656e7431310a3008060355040b0c0178310a3008060355040a0c0179',
    'O=y,OU=x,CN=client1',
  ],
  [
    'all of RFC 2253',
    '308194310d300b06035504030c04636e2076310c300a06035504070c036c2076310d300b06035504080c0473742076310c300a060355040a0c036f2076310d300b060355040b0c046f752076310b3009060355040613024445310f300d06035504090c064d61696e203131173015060a0992268993f22c64011916076578616d706c6531123010060a0992268993f22c6401010c027531',
    'UID=u1,DC=example,STREET=Main 1,C=DE,OU=ou v,O=o v,ST=st v,L=l v,CN=cn v',
  ],
  [
    'attributes that RFC 2253 does not name',
    '308188310b30090603550406130244453120301e06092a864886f70d0109011611616c696365406578616d706c652e6f7267310c300a06035504051303303037310b3009060355040c0c0244723110300e06035504040c074c696464656c6c310e300c060355042a0c05416c696365310a3008060355042e130171310e300c06035504030c05616c696365',
    'CN=alice,2.5.4.46=#130171,2.5.4.42=#0c05416c696365,2.5.4.4=#0c074c696464656c6c,2.5.4.12=#0c024472,2.5.4.5=#1303303037,1.2.840.113549.1.9.1=#1611616c696365406578616d706c652e6f7267,C=DE',
  ],
  [
    'unknown identifiers',
    '30323116301406092b06010401868d1f010c0770726976617465310c300a06038837030c03626967310a300806035504030c0161',
    'CN=a,2.999.3=#0c03626967,1.3.6.1.4.1.99999.1=#0c0770726976617465',
  ],
  ['special characters', '30183116301406035504030c0d2c3d2b3c3e233b225c2f2a3f3a', 'CN=\\,\\=\\+\\<\\>\\#\\;\\"\\\\/*?:'],
  ['a hash in front and inside', '300f310d300b06035504030c0423612362', 'CN=\\#a\\#b'],
  [
    'spaces around',
    '30463125302306035504030c1c202074776f206265666f72652c207468726565206166746572202020310a3008060355040a0c01203111300f060355040b0c08696e202073696465',
    'OU=in  side,O=\\ ,CN=\\ \\ two before\\, three after\\ \\ \\ ',
  ],
  [
    'carriage returns and newlines',
    '302d310d300b06035504030c040d63720d310d300b060355040a0c040a6c660a310d300b060355040b0c0409746162',
    'OU=\ttab,O=\nlf\n,CN=\\\rcr\\\r',
  ],
  ['nul', '300e310c300a06035504030c03610062', 'CN=a\\00b'],
  [
    'non-ASCII in UTF8String',
    '301d311b301906035504030c12c3856c69636520e697a5e69cac20f09f9880',
    'CN=\u00c5lice \u65e5\u672c \ud83d\ude00',
  ],
  ['T61String', '3011310f300d060355040314064dfc6c6c6572', 'CN=M\ufffdller'],
  ['BMPString', '30173115301306035504031e0c0047007200fc006e002c65e5', 'CN=\\00G\\00r\\00\ufffd\\00n\\00\\,e\ufffd'],
  ['UniversalString', '30173115301306035504031c0c000000750000006e00000069', 'CN=#1c0c000000750000006e00000069'],
  ['NumericString', '300e310c300a06035504031203313233', 'CN=#1203313233'],
  ['GeneralString', '300e310c300a06035504031b0367656e', 'CN=gen'],
  ['VisibleString', '300e310c300a06035504031a03766973', 'CN=#1a03766973'],
  [
    'IA5String and PrintableString',
    '3030310e300c060355040316056961354078311e301c060355040a13154f275265696c6c7920287829202b2c2d2e2f3a3d3f',
    "O=O'Reilly (x) \\+\\,-./:\\=?,CN=ia5@x",
  ],
  [
    'many values in one part',
    '302e3120300c06035504030c05616c6963653010060a0992268993f22c6401010c023432310a3008060355040a0c0179',
    'O=y,CN=alice+UID=42',
  ],
  [
    'many values, in DER order of bytes',
    '3034310a3008060355040a0c017931263008060355040b0c017a300806035504030c0161301006092a864886f70d0109011603654078',
    'OU=z+CN=a+1.2.840.113549.1.9.1=#1603654078,O=y',
  ],
  ['empty value', '30173109300706035504030c00310a3008060355040a0c0179', 'O=y,CN='],
  [
    'a repeated attribute',
    '303a31133011060a0992268993f22c64011916036f726731173015060a0992268993f22c64011916076578616d706c65310a300806035504030c0161',
    'CN=a,DC=example,DC=org',
  ],
  ['an empty name', '3000', ''],
  ['control characters and DEL', '300f310d300b06035504030c04017fc285', 'CN=\u0001\u007f\u0085'],
]

test.each(names)('%s: the name is as Java writes it', (_what, der, name) => {
  const bytes = Buffer.from(der, 'hex')
  const header = bytes.readUInt8(1) < 0x80 ? 2 : 2 + (bytes.readUInt8(1) & 0x7f)
  expect(distinguishedName(bytes.subarray(header))).toBe(name)
})

/** Made by OpenSSL 3, base64 of the DER. */
const certificates = [
  [
    'version 3',
    'CN=alice,1.2.840.113549.1.9.1=#160d61406578616d706c652e6f7267,O=Rides\\, Inc.,C=DE',
    'MIIB9jCCAZ2gAwIBAgIUPU28s+xaw+WUCFy387Ndw2lFgfIwCgYIKoZIzj0EAwIwUTELMAkGA1UEBhMCREUxFDASBgNVBAoMC1JpZGVzLCBJbmMuMRwwGgYJKoZIhvcNAQkBFg1hQGV4YW1wbGUub3JnMQ4wDAYDVQQDDAVhbGljZTAeFw0yNjExMjExNzM1MTRaFw0zNjExMTgxNzM1MTRaMFExCzAJBgNVBAYTAkRFMRQwEgYDVQQKDAtSaWRlcywgSW5jLjEcMBoGCSqGSIb3DQEJARYNYUBleGFtcGxlLm9yZzEOMAwGA1UEAwwFYWxpY2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARMVw2OGb9aL+eBMzv44W+XRq18hbdubR6Vv+8K23kv+aSYakcpeJKWa/5Bxjz1LIseuMoUPb2H7za7dKoAXcMUo1MwUTAdBgNVHQ4EFgQU3G/QLT+os1GuEtZ2DJBlMcDRPtswHwYDVR0jBBgwFoAU3G/QLT+os1GuEtZ2DJBlMcDRPtswDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBsa9YHVRgNCV9LVtJrBS7muyhF2W9AE3E5PPkakY9p9QIgfKer6Iyn4grcCv+7ySP+kjQto9FcYK0gyodDTbAHHZ0=',
  ],
  [
    'version 1',
    'CN=bob,DC=example,DC=org',
    'MIIBczCCARkCFGvhkHfLdzWMVSumzq6JIwSqZhYqMAoGCCqGSM49BAMCMDwxEzARBgoJkiaJk/IsZAEZFgNvcmcxFzAVBgoJkiaJk/IsZAEZFgdleGFtcGxlMQwwCgYDVQQDDANib2IwHhcNMjYxMTIxMTczNTE0WhcNMzYxMTE4MTczNTE0WjA8MRMwEQYKCZImiZPyLGQBGRYDb3JnMRcwFQYKCZImiZPyLGQBGRYHZXhhbXBsZTEMMAoGA1UEAwwDYm9iMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETFcNjhm/Wi/ngTM7+OFvl0atfIW3bm0elb/vCtt5L/mkmGpHKXiSlmv+QcY89SyLHrjKFD29h+82u3SqAF3DFDAKBggqhkjOPQQDAgNIADBFAiEAlutJqdbXxuPQdsAUbQ2HbnTNts3sV2gFz6L5dTqUcwQCIBxowCChLcAxRoZ2kRNmI313iXRmls9GUnrpXy1BjUbs',
  ],
] as const

test.each(certificates)('the subject of a certificate of %s is found', (_version, name, base64) => {
  expect(subjectOf(Buffer.from(base64, 'base64'))).toBe(name)
})

test('bytes that are no certificate are refused', () => {
  const der = Buffer.from(certificates[0][2], 'base64')
  for (const cut of [1, 3, 20, 100]) expect(() => subjectOf(der.subarray(0, cut))).toThrow()
})
