import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StackError } from './stack-error.mjs'

const run = promisify(execFile)

const MIN_JAVA = 17

/** The alternatives to installing Java or Maven, which only the embedded broker needs. */
const OTHERWISE = 'start Docker, or name a running Kafka in KAFKA_BROKERS'

/**
 * @typedef {object} Java
 * @property {string} command
 * @property {string} build - What `java -version` prints. It differs between any two builds of Java.
 */

/**
 * Finds the Java that runs the local broker: the one on the PATH if it is new enough, else the one in JAVA_HOME.
 *
 * @returns {Promise<Java>}
 */
export async function findJava() {
  const home = process.env['JAVA_HOME']
  const candidates = ['java', ...(home ? [join(home, 'bin', 'java')] : [])]
  let tooOld = null
  for (const java of candidates) {
    const build = await javaBuild(java)
    const version = build === null ? null : majorVersion(build)
    if (build !== null && version !== null && version >= MIN_JAVA) return { command: java, build }
    tooOld ??= version
  }
  if (tooOld === null && home && !isJavaHome(home)) {
    throw new StackError(
      `JAVA_HOME=${home} contains no Java (bin/java), and there is none on the PATH. Correct JAVA_HOME, install Java ${MIN_JAVA} or newer, ${OTHERWISE}.`,
    )
  }
  const found = tooOld === null ? 'was not found' : `${tooOld} is too old`
  throw new StackError(
    `Java ${found}: the local Kafka needs Java ${MIN_JAVA} or newer. Install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk), ${OTHERWISE}.`,
  )
}

/** @param {string} home */
const isJavaHome = (home) => existsSync(join(home, 'bin', 'java'))

/**
 * @param {string} java
 * @returns {Promise<string | null>} what `java -version` prints; null when this Java cannot be run
 */
async function javaBuild(java) {
  const answer = await run(java, ['-version']).catch(() => null)
  return answer?.stderr ?? null
}

/**
 * @param {string} build
 * @returns {number | null}
 */
function majorVersion(build) {
  const major = build.match(/version "(?:1\.)?(\d+)/)?.[1]
  return major === undefined ? null : Number(major)
}

/**
 * Throws a one-line message when Maven cannot be run.
 *
 * @returns {Promise<void>}
 */
export async function requireMaven() {
  const home = process.env['JAVA_HOME']
  if (home && !isJavaHome(home)) {
    throw new StackError(
      `JAVA_HOME=${home} contains no Java (bin/java). Maven, which downloads the local Kafka, cannot run with this JAVA_HOME. Correct or unset JAVA_HOME, ${OTHERWISE}.`,
    )
  }
  try {
    await run('mvn', ['--version'])
  } catch (error) {
    const { code, stderr } = /** @type {{ code?: string | number, stderr?: string }} */ (error)
    const fault =
      code === 'ENOENT' ? 'was not found' : `does not run (${stderr?.trim().split('\n')[0] || `exit ${code}`})`
    throw new StackError(
      `Maven (mvn) ${fault}. It is needed to download the local Kafka. Install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven), ${OTHERWISE}.`,
    )
  }
}
