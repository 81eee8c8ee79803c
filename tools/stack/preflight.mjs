import { findJava, requireMaven } from './java.mjs'
import { hasKafkaJars } from './kafka-jars.mjs'
import { StackError } from './stack-error.mjs'

const LEAST_NODE = [20, 19]

/**
 * Refuses with one line what the machine lacks, before anything is downloaded or started.
 *
 * @param {{ needsKafka: boolean, cacheDir: string }} options
 * @returns {Promise<void>}
 */
export async function preflight({ needsKafka, cacheDir }) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new StackError(`Node ${process.versions.node} is too old: install Node ${LEAST_NODE.join('.')} or newer.`)
  }
  if (!needsKafka) return
  await findJava()
  if (!hasKafkaJars(cacheDir)) await requireMaven()
}
