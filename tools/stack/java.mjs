import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StackError } from './stack-error.mjs'

const run = promisify(execFile)

const LEAST_JAVA = 17

/**
 * The Java that runs the local broker: the one on the PATH if it is new enough, else that of JAVA_HOME.
 *
 * @returns {Promise<string>} the command
 */
export async function findJava() {
  const home = process.env['JAVA_HOME']
  const candidates = ['java', ...(home ? [join(home, 'bin', 'java')] : [])]
  let tooOld = null
  for (const java of candidates) {
    const version = await javaVersion(java)
    if (version !== null && version >= LEAST_JAVA) return java
    tooOld ??= version
  }
  const found = tooOld === null ? 'was not found' : `${tooOld} is too old`
  throw new StackError(
    `Java ${found}: the local Kafka needs Java ${LEAST_JAVA} or newer. Install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk) or name a running Kafka in KAFKA_BROKERS.`,
  )
}

/**
 * @param {string} java
 * @returns {Promise<number | null>} its major version, null when it cannot be run
 */
async function javaVersion(java) {
  const answer = await run(java, ['-version']).catch(() => null)
  const major = answer?.stderr.match(/version "(?:1\.)?(\d+)/)?.[1]
  return major === undefined ? null : Number(major)
}

/**
 * Refuses with one line when Maven cannot be run.
 *
 * @returns {Promise<void>}
 */
export async function requireMaven() {
  await run('mvn', ['--version']).catch(() => {
    throw new StackError(
      'Maven (mvn) was not found: it downloads the local Kafka. Install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven) or name a running Kafka in KAFKA_BROKERS.',
    )
  })
}
