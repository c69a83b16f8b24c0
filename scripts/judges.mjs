// Judges: software that is not ours, run against Millrace. This finds each on the machine or installs it by the
// ordinary client of its registry; what cannot be had is told with its reason.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './setup.mjs'

const cache = join(root, '.cache')
/** Releases of Apache Kafka whose tools judge us. */
export const kafkaReleases = ['3.9.1', '4.1.1']

/** Release of franz-go whose tests judge us. */
const franzGoVersion = 'v1.21.1'

function which(command) {
  const found = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, command)).find((path) => existsSync(path))
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
  return succeeds('apt-get', ['update', '-qq'], { env: environment }) && succeeds('apt-get', ['install', '-y', '-qq', name], { env: environment })
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
      if (!succeeds('python3', ['-m', 'venv', venv]) || !succeeds(join(venv, 'bin', 'pip'), ['install', '-q', 'awscli'])) {
        return { reason: 'the AWS CLI could not be installed with pip' }
      }
    }
    return { path }
  },
  java() {
    const path = which('java')
    if (path === null) return { reason: 'java is not on this machine' }
    if (which('mvn') === null && !debian('maven')) return { reason: 'Maven is not on this machine and could not be installed' }
    for (const release of kafkaReleases) {
      const libraries = join(cache, 'kafka', release, 'libs')
      if (existsSync(join(libraries, '.complete'))) continue
      mkdirSync(libraries, { recursive: true })
      const args = ['-q', '-B', '-f', join(root, 'conformance', 'judges', 'kafka-tools-pom.xml'), `-Dkafka.version=${release}`,
        'org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`]
      if (!succeeds('mvn', args)) return { reason: `Maven could not fetch Apache Kafka ${release}` }
      writeFileSync(join(libraries, '.complete'), '')
    }
    return { path }
  },
  /** franz-go's own test suite of its client, compiled by the Go on this machine into the cache. */
  'franz-go'() {
    const go = which('go')
    if (go === null) return { reason: 'go is not on this machine' }
    const directory = join(cache, 'franz-go', franzGoVersion)
    const path = join(directory, 'kgo.test')
    if (!existsSync(path)) {
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, 'go.mod'), 'module judge\n\ngo 1.24\n')
      const module = 'github.com/twmb/franz-go/pkg/kgo'
      const made = succeeds(go, ['get', '-t', `${module}@${franzGoVersion}`], { cwd: directory }) && succeeds(go, ['test', '-c', '-o', path, module], { cwd: directory })
      if (!made) return { reason: `the tests of franz-go ${franzGoVersion} could not be fetched and compiled` }
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
 * @param {'kcat' | 'aws' | 'java' | 'franz-go' | 'gcc'} name
 * @returns {{ path?: string, reason?: string }} the program's path, or why it cannot be had
 */
export function findJudge(name) {
  if (!found.has(name)) found.set(name, finders[name]())
  return found.get(name)
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
