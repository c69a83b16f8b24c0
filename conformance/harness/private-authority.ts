/** A private CA of AWS's, made by the AWS CLI as its user guide has it, and what it issues for requests of OpenSSL. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MillraceProcess } from './millrace.ts'
import { runOk } from './run.ts'

const ROOT = 'arn:aws:acm-pca:::template/RootCACertificate/V1'
const CLIENT = 'arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1'
const CLIENT_VALIDITY = 'Value=300,Type=DAYS'

export interface Algorithms {
  readonly key: string
  readonly signing: string
}

const RSA: Algorithms = { key: 'RSA_2048', signing: 'SHA256WITHRSA' }

/** Files of PEM. */
export interface IssuedCertificate {
  readonly certFile: string
  readonly keyFile: string
}

/** PEM. */
export interface SignedCertificate {
  readonly arn: string
  readonly certificate: string
  /** Empty for a root's own. */
  readonly chain: string
}

export class PrivateAuthority {
  readonly arn: string
  readonly #millrace: MillraceProcess
  readonly #scratch: string
  readonly #signing: string

  private constructor(millrace: MillraceProcess, scratch: string, arn: string, signing: string) {
    this.#millrace = millrace
    this.#scratch = scratch
    this.arn = arn
    this.#signing = signing
  }

  /** A root authority that is ACTIVE. @param scratch where files go: requests, keys, certificates */
  static async create(
    millrace: MillraceProcess,
    scratch: string,
    name: string,
    { key, signing }: Algorithms = RSA,
  ): Promise<PrivateAuthority> {
    const configuration = {
      KeyAlgorithm: key,
      SigningAlgorithm: signing,
      Subject: { Organization: 'Example', CommonName: name },
    }
    const { CertificateAuthorityArn: arn = '' } = await call(
      millrace,
      ...['create-certificate-authority', '--certificate-authority-type', 'ROOT'],
      ...['--certificate-authority-configuration', JSON.stringify(configuration)],
    )
    const made = new PrivateAuthority(millrace, scratch, arn, signing)
    const pca = ['--certificate-authority-arn', arn]
    const { Csr: csr = '' } = await call(millrace, 'get-certificate-authority-csr', ...pca)
    writeFileSync(join(scratch, 'ca.csr'), csr)
    const { certificate } = await made.sign('ca.csr', 'Value=10,Type=YEARS', ROOT)
    writeFileSync(join(scratch, 'ca.pem.own'), certificate)
    const imported = `fileb://${join(scratch, 'ca.pem.own')}`
    await call(millrace, 'import-certificate-authority-certificate', ...pca, '--certificate', imported)
    return made
  }

  /** For a new key. @param subject as OpenSSL is told it: `/O=Example/CN=alice` */
  async issue(
    name: string,
    subject: string,
    validity: string = CLIENT_VALIDITY,
  ): Promise<IssuedCertificate & { readonly arn: string }> {
    const [keyFile, csrFile] = [join(this.#scratch, `${name}.key`), join(this.#scratch, `${name}.csr`)]
    const made = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', csrFile, '-subj', subject]
    execFileSync('openssl', made, { stdio: 'ignore' })
    const certFile = join(this.#scratch, `${name}.pem`)
    const { arn, certificate } = await this.sign(`${name}.csr`, validity)
    writeFileSync(certFile, certificate)
    return { certFile, keyFile, arn }
  }

  /** For the request in the file `csr`. */
  async sign(csr: string, validity: string = CLIENT_VALIDITY, template: string = CLIENT): Promise<SignedCertificate> {
    const pca = ['--certificate-authority-arn', this.arn]
    const request = ['--csr', `fileb://${join(this.#scratch, csr)}`, '--signing-algorithm', this.#signing]
    const issuing = [...request, '--validity', validity, '--template-arn', template]
    const { CertificateArn: arn = '' } = await call(this.#millrace, 'issue-certificate', ...pca, ...issuing)
    const got = await call(this.#millrace, 'get-certificate', ...pca, '--certificate-arn', arn)
    return { arn, certificate: `${got['Certificate']}\n`, chain: `${got['CertificateChain'] ?? ''}\n` }
  }
}

/** A certificate that is good in itself, and of nobody whom a cluster knows. */
export function foreignCertificate(scratch: string, name: string): IssuedCertificate {
  const [keyFile, certFile] = [join(scratch, `${name}.key`), join(scratch, `${name}.pem`)]
  const usage = ['-addext', 'extendedKeyUsage=clientAuth']
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '9', '-subj', `/CN=${name}`, ...usage]
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  return { certFile, keyFile }
}

export function pemOf({ certFile, keyFile }: IssuedCertificate): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

async function call(millrace: MillraceProcess, ...args: string[]): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await runOk('aws', ['acm-pca', ...args, '--output', 'json'], {
    environment: millrace.environment,
  })
  return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as Readonly<Record<string, string>>
}
