// Judges: software that is not ours, run against Millrace. This finds each on the machine or installs it by the
// ordinary client of its registry; what cannot be had is told with its reason.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cpus } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from './setup.mjs'

const cache = join(root, '.cache')
/** Releases of Apache Kafka whose tools judge us. */
export const kafkaReleases = ['3.9.1', '4.1.1']
/**
 * The release whose share consumers judge us where brokers are killed. Those of 4.1 tell acknowledgements as taken that went
 * with their session: a ShareFetch refused for its session leaves them in flight, and the next one's answer completes them.
 */
export const kafkaShareRelease = '4.2.1'

/** Release of franz-go whose tests judge us. */
export const franzGoVersion = 'v1.21.1'
export const franzGoAdminVersion = 'v1.19.0'

/** librdkafka and its own test runner come whole in the npm package of Confluent's JavaScript client. */
export const librdkafkaVersion = '2.15.1'
const librdkafkaSource = {
  package: '@confluentinc/kafka-javascript@1.10.1',
  file: 'confluentinc-kafka-javascript-1.10.1.tgz',
  sha512: 'KVePUBn21EqCVP9mfxzEuM3SYJHHEF7X+iiC2e43QQgDSyEaksInmCGooT3w5q+cNAdkSCrK71j0ICfqoSqZLw==',
}

/** What kafkajs's tests import beside kafkajs itself, as its package.json names them. */
const kafkajsTestTools = {
  execa: '2.1.0',
  glob: '7.2.3',
  ip: '1.1.9',
  jest: '25.5.4',
  'jest-circus': '25.5.4',
  'jest-extended': '0.11.5',
  jsonwebtoken: '9.0.2',
  mockdate: '2.0.5',
  semver: '6.3.1',
  uuid: '3.4.0',
}
/** The Java library of AWS for MSK's IAM access control, and the Python clients with AWS's signer. */
export const mskIamAuthVersion = '2.3.6'
const pythonKafkaPackages = ['aws-msk-iam-sasl-signer-python==1.0.2', 'confluent-kafka==2.12.0', 'kafka-python==2.2.15']

function which(command) {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, command))
    .find((path) => existsSync(path))
  return found ?? null
}

function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0
}

/** Installs a Debian package when this is Debian and we are root. */
function debian(name) {
  if (which('apt-get') === null || process.getuid?.() !== 0) return false
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (succeeds('apt-get', ['install', '-y', '-qq', name], { env: environment })) return true
  return (
    succeeds('apt-get', ['update', '-qq'], { env: environment }) &&
    succeeds('apt-get', ['install', '-y', '-qq', name], { env: environment })
  )
}

/** The jars of a pom in conformance/judges by Maven, into `.cache/NAME/RELEASE/libs`; null, or why they cannot be had. */
function copyJars(pom, name, release) {
  const libraries = join(cache, name, release, 'libs')
  if (existsSync(join(libraries, '.complete'))) return null
  if (which('mvn') === null && !debian('maven')) return 'Maven is not on this machine and could not be installed'
  mkdirSync(libraries, { recursive: true })
  const args = [
    '-q',
    '-B',
    '-f',
    join(root, 'conformance', 'judges', pom),
    `-Dkafka.version=${release}`,
    `-Drelease=${release}`,
    'org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${libraries}`,
  ]
  if (!succeeds('mvn', args)) return `Maven could not fetch Apache Kafka ${release} (${name})`
  writeFileSync(join(libraries, '.complete'), '')
  return null
}

/** The tests of a Go package, compiled into `.cache/NAME/VERSION`. */
function goTests(name, module, version, file) {
  const go = which('go')
  if (go === null) return { reason: 'go is not on this machine' }
  const directory = join(cache, name, version)
  const path = join(directory, file)
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'go.mod'), 'module judge\n\ngo 1.24\n')
    const made =
      succeeds(go, ['get', '-t', `${module}@${version}`], { cwd: directory }) &&
      succeeds(go, ['test', '-c', '-o', path, module], { cwd: directory })
    if (!made) return { reason: `the tests of ${module} ${version} could not be fetched and compiled` }
  }
  return { path }
}

/**
 * The tests of franz-go's client, compiled from a copy of the module: conformance/judges/franz_go_logins_test.go stands beside
 * them and gives every client of theirs a login.
 */
function goTestsWithLogins(module, version, file) {
  const go = which('go')
  if (go === null) return { reason: 'go is not on this machine' }
  const logins = readFileSync(join(root, 'conformance', 'judges', 'franz_go_logins_test.go'))
  const state = createHash('sha256').update(logins).digest('hex').slice(0, 12)
  const directory = join(cache, 'franz-go', version, state)
  const path = join(directory, file)
  if (existsSync(path)) return { path }
  const unfit = { reason: `the tests of ${module} ${version} could not be fetched and compiled` }
  const fetched = spawnSync(go, ['mod', 'download', '-json', `${module}@${version}`], { encoding: 'utf8' })
  if (fetched.status !== 0) return unfit
  mkdirSync(directory, { recursive: true })
  // Two test files may want it at the same time: each makes its own.
  const source = mkdtempSync(join(directory, 'source-'))
  cpSync(JSON.parse(fetched.stdout).Dir, source, { recursive: true })
  // Go's cache of modules is read-only, and so is a copy.
  if (!succeeds('chmod', ['-R', 'u+w', source])) return unfit
  const tests = join(source, 'pkg', 'kgo')
  writeFileSync(join(tests, 'judge_logins_test.go'), logins)
  replaceAll(join(tests, 'helpers_test.go'), 'DialTLSConfig(testCert)', 'judgeTLS(testCert)')
  replaceAll(
    join(tests, 'helpers_test.go'),
    '\tif testCert != nil {',
    '\topts = append(opts, judgeLogin()...)\n\tif testCert != nil {',
  )
  replaceAll(
    join(tests, 'client_test.go'),
    'SeedBrokers(strings.Split(scramSeeds, ",")...)',
    'judgeSeeds(strings.Split(scramSeeds, ",")...)',
  )
  if (!succeeds(go, ['test', '-c', '-o', file, './pkg/kgo'], { cwd: source })) return unfit
  renameSync(join(source, file), path)
  rmSync(source, { recursive: true, force: true })
  return { path }
}

/** In a file of someone else's: what is not there any more is an error. */
function replaceAll(file, text, by) {
  const before = readFileSync(file, 'utf8')
  if (!before.includes(text)) throw new Error(`${file} does not contain ${text}`)
  writeFileSync(file, before.replaceAll(text, by))
}

const finders = {
  kcat() {
    const path = which('kcat') ?? (debian('kcat') ? which('kcat') : null)
    return path === null ? { reason: 'kcat is not on this machine and could not be installed with apt-get' } : { path }
  },
  aws() {
    const onMachine = which('aws')
    if (onMachine !== null && succeeds(onMachine, ['--version'])) return { path: onMachine }
    const venv = join(cache, 'awscli')
    const path = join(venv, 'bin', 'aws')
    if (!existsSync(path)) {
      if (which('python3') === null) return { reason: 'the AWS CLI needs python3, which is not on this machine' }
      if (
        !succeeds('python3', ['-m', 'venv', venv]) ||
        !succeeds(join(venv, 'bin', 'pip'), ['install', '-q', 'awscli'])
      ) {
        return { reason: 'the AWS CLI could not be installed with pip' }
      }
    }
    return { path }
  },
  boto3() {
    const path = which('python3')
    if (path !== null && succeeds(path, ['-c', 'import boto3'])) return { path }
    return { reason: 'boto3 is not on this machine' }
  },
  java() {
    const path = which('java')
    if (path === null) return { reason: 'java is not on this machine' }
    for (const release of [...kafkaReleases, kafkaShareRelease]) {
      const reason = copyJars('kafka-tools-pom.xml', 'kafka', release)
      if (reason !== null) return { reason }
    }
    return { path }
  },
  /** aws-msk-iam-auth, to be put on the class path of Kafka's tools. */
  'msk-iam-auth'() {
    const { path, reason } = findJudge('java')
    if (path === undefined) return { reason }
    const missing = copyJars('msk-iam-auth-pom.xml', 'msk-iam-auth', mskIamAuthVersion)
    return missing === null ? { path } : { reason: missing }
  },
  /** A Python with confluent-kafka, kafka-python and the signer of AWS. */
  'python-kafka'() {
    const venv = join(cache, 'python-kafka')
    const path = join(venv, 'bin', 'python')
    const marker = join(venv, '.complete')
    if (existsSync(marker) && readFileSync(marker, 'utf8') === pythonKafkaPackages.join()) return { path }
    if (which('python3') === null) return { reason: 'python3 is not on this machine' }
    rmSync(venv, { recursive: true, force: true })
    const made =
      succeeds('python3', ['-m', 'venv', venv]) &&
      succeeds(join(venv, 'bin', 'pip'), ['install', '-q', ...pythonKafkaPackages])
    if (!made) return { reason: `pip could not install ${pythonKafkaPackages.join(', ')}` }
    writeFileSync(marker, pythonKafkaPackages.join())
    return { path }
  },
  /** Kafka Connect's worker with its file connectors, and MirrorMaker 2. */
  connect() {
    const path = which('java')
    if (path === null) return { reason: 'java is not on this machine' }
    const reason = copyJars('kafka-connect-pom.xml', 'kafka-connect', kafkaReleases[0])
    return reason === null ? { path } : { reason }
  },
  /** franz-go's own test suite of its client, compiled by the Go on this machine into the cache. */
  'franz-go': () => goTestsWithLogins('github.com/twmb/franz-go', franzGoVersion, 'kgo.test'),
  /** And of its administration client, a Go module of its own. */
  'franz-go-admin': () =>
    goTests('franz-go-kadm', 'github.com/twmb/franz-go/pkg/kadm', franzGoAdminVersion, 'kadm.test'),
  /** librdkafka's own test runner, compiled in the cache: with OpenSSL, since some of them set TLS up without a broker. */
  librdkafka() {
    const { package: source, file, sha512 } = librdkafkaSource
    const directory = join(cache, 'librdkafka', librdkafkaVersion)
    const tree = join(directory, 'package', 'deps', 'librdkafka')
    const path = join(tree, 'tests', 'test-runner')
    if (existsSync(join(directory, '.complete'))) return { path }
    if (!existsSync('/usr/include/openssl/ssl.h') && !debian('libssl-dev'))
      return { reason: 'the headers of OpenSSL are not on this machine' }
    // Header files only; the few tests that read librdkafka's statistics leave themselves out without them.
    if (!existsSync('/usr/include/rapidjson/rapidjson.h')) debian('rapidjson-dev')
    for (const tool of ['gcc', 'g++', 'make', 'tar'])
      if (which(tool) === null) return { reason: `${tool} is not on this machine` }
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { recursive: true })
    if (!succeeds('npm', ['pack', source, '--silent', '--pack-destination', directory]))
      return { reason: `npm could not fetch ${source}` }
    const archive = join(directory, file)
    if (createHash('sha512').update(readFileSync(archive)).digest('base64') !== sha512)
      return { reason: `${file} is not the file it was` }
    const jobs = `-j${Math.max(1, Math.min(cpus().length, 4))}`
    const built =
      succeeds('tar', ['-xzf', archive, '-C', directory]) &&
      succeeds('./configure', ['--disable-gssapi', '--disable-curl'], { cwd: tree }) &&
      succeeds('make', [jobs, 'libs'], { cwd: tree }) &&
      succeeds('make', [jobs, '-C', 'tests', 'test-runner'], { cwd: tree })
    if (!built) return { reason: `the tests of librdkafka ${librdkafkaVersion} could not be compiled` }
    writeFileSync(join(directory, '.complete'), '')
    return { path }
  },
  /**
   * A checkout of kafkajs with its own tests, which its npm package leaves out and no registry carries: the directory
   * that MILLRACE_KAFKAJS_SOURCE names. What its tests need beside it comes from npm.
   */
  'kafkajs-tests'() {
    const path = process.env.MILLRACE_KAFKAJS_SOURCE ?? ''
    if (path === '')
      return { reason: "MILLRACE_KAFKAJS_SOURCE names no checkout of kafkajs; npm's package has no tests" }
    if (!existsSync(join(path, 'src', 'broker', '__tests__'))) return { reason: `${path} is not a checkout of kafkajs` }
    const directory = join(cache, 'kafkajs')
    const jest = join(directory, 'node_modules', 'jest', 'bin', 'jest.js')
    if (!existsSync(jest)) {
      mkdirSync(directory, { recursive: true })
      writeFileSync(
        join(directory, 'package.json'),
        `${JSON.stringify({ private: true, dependencies: kafkajsTestTools })}\n`,
      )
      if (!succeeds('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory }))
        return { reason: 'npm could not fetch what the tests of kafkajs need' }
    }
    return { path }
  },
  gcc() {
    const path = which('gcc') ?? which('cc')
    return path === null ? { reason: 'no C compiler on this machine' } : { path }
  },
}

const found = new Map()

/**
 * @param {'kcat' | 'aws' | 'boto3' | 'java' | 'msk-iam-auth' | 'python-kafka' | 'connect' | 'franz-go' | 'franz-go-admin' | 'librdkafka' | 'kafkajs-tests' | 'gcc'} name
 * @returns {{ path?: string, reason?: string }} the program's path, or why it cannot be had
 */
export function findJudge(name) {
  if (!found.has(name)) found.set(name, oneAtATime(name, finders[name]))
  return found.get(name)
}

const LOCK_MS_MAX = 20 * 60_000

/** Test files run beside each other: the first installs what is missing, the others wait for it. */
function oneAtATime(name, find) {
  mkdirSync(cache, { recursive: true })
  const lock = join(cache, `.${name}.lock`)
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isHeld(lock)) Atomics.wait(sleeper, 0, 0, 100)
      else rmSync(lock, { force: true })
    }
  }
  try {
    return find()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** False when who took it is no more, or took it longer ago than anything takes. */
function isHeld(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_MS_MAX) return false
    const pid = Number(readFileSync(lock, 'utf8'))
    // Just made, and not written yet.
    if (pid === 0) return true
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The class path of one release's tools; a single log binding, so that stderr stays empty. */
export function kafkaClassPath(release) {
  const libraries = join(cache, 'kafka', release, 'libs')
  return readdirSync(libraries)
    .filter((name) => name.endsWith('.jar') && !name.startsWith('slf4j-reload4j') && !name.startsWith('reload4j'))
    .toSorted()
    .map((name) => join(libraries, name))
    .join(':')
}

/** The jar of aws-msk-iam-auth with all that it needs. */
export function mskIamAuthClassPath() {
  return join(cache, 'msk-iam-auth', mskIamAuthVersion, 'libs', '*')
}

/** The class path of Connect's worker and MirrorMaker, of the oldest of `kafkaReleases`. */
export function connectClassPath() {
  return join(cache, 'kafka-connect', kafkaReleases[0], 'libs', '*')
}

/** Where the packages stand that kafkajs's tests import. */
export function kafkajsTestModules() {
  return join(cache, 'kafkajs', 'node_modules')
}

/**
 * A directory shaped like an unpacked Apache Kafka as far as other projects' tests want one: `libs` and the scripts in
 * `bin` that they start.
 */
export function kafkaHome(release) {
  const home = join(cache, 'kafka', release)
  const scripts = {
    'kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
    'kafka-configs.sh': 'kafka.admin.ConfigCommand',
    'kafka-acls.sh': release.startsWith('3.') ? 'kafka.admin.AclCommand' : 'org.apache.kafka.tools.AclCommand',
    'kafka-run-class.sh': '',
  }
  mkdirSync(join(home, 'bin'), { recursive: true })
  for (const [name, main] of Object.entries(scripts)) {
    const path = join(home, 'bin', name)
    const java = 'exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1'
    writeFileSync(path, `#!/bin/sh\n${java} -cp "\${CLASSPATH:+$CLASSPATH:}$(dirname "$0")/../libs/*" ${main} "$@"\n`)
    chmodSync(path, 0o755)
  }
  return home
}
