import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findJava, requireMaven } from './java.mjs'
import { StackError } from './stack-error.mjs'

const KAFKA_VERSION = '4.3.0'
const POM = join(import.meta.dirname, 'kafka', 'pom.xml')

/**
 * @param {string} cacheDir
 * @returns {boolean} whether Kafka's jars are complete there, so that Maven is not needed
 */
export const hasKafkaJars = (cacheDir) => existsSync(join(kafkaDir(cacheDir), 'complete'))

/** @param {string} cacheDir */
const kafkaDir = (cacheDir) => join(cacheDir, `kafka-${KAFKA_VERSION}`)

/**
 * Downloads Kafka's published jars with Maven, unless the cache holds all of them. The file `complete` is written last, so
 * that an interrupted download is repeated.
 *
 * @param {{ cacheDir: string, onProgress: (text: string) => void, signal?: AbortSignal | undefined }} options
 * @returns {Promise<{ java: import('./java.mjs').Java, libraryDir: string }>}
 */
export async function ensureKafkaJars({ cacheDir, onProgress, signal }) {
  const java = await findJava()
  const libraryDir = join(kafkaDir(cacheDir), 'lib')
  if (hasKafkaJars(cacheDir)) return { java, libraryDir }
  await requireMaven()
  onProgress(`downloading Apache Kafka ${KAFKA_VERSION} with Maven (45 jars, 44 MB, once)`)
  const draft = join(kafkaDir(cacheDir), `lib.${process.pid}.draft`)
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    await copyDependencies(draft, onProgress, signal)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  if (hasKafkaJars(cacheDir)) {
    // Another launcher was faster. Its broker may already run from the folder, so the folder must not be replaced.
    await rm(draft, { recursive: true })
    return { java, libraryDir }
  }
  await rm(libraryDir, { recursive: true, force: true })
  await rename(draft, libraryDir)
  await writeFile(join(kafkaDir(cacheDir), 'complete'), `${KAFKA_VERSION}\n`)
  return { java, libraryDir }
}

/**
 * @param {string} outputDirectory
 * @param {(text: string) => void} onProgress
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>}
 */
function copyDependencies(outputDirectory, onProgress, signal) {
  const args = ['--batch-mode', '--file', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime']
  return new Promise((resolve, reject) => {
    const maven = spawn('mvn', [...args, `-DoutputDirectory=${outputDirectory}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    })
    /** @type {string[]} */
    const tail = []
    const remember = (/** @type {string} */ line) => {
      tail.push(line)
      if (tail.length > 15) tail.shift()
    }
    let jars = 0
    let toldAt = Date.now()
    createInterface({ input: maven.stdout }).on('line', (line) => {
      remember(line)
      if (!/Downloaded from .*\.jar /.test(line)) return
      jars += 1
      if (Date.now() - toldAt < 1_000) return
      toldAt = Date.now()
      onProgress(`downloading Apache Kafka ${KAFKA_VERSION} with Maven (${jars} files so far)`)
    })
    createInterface({ input: maven.stderr }).on('line', remember)
    maven.once('error', reject)
    maven.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new StackError(explainFailure(code, tail)))
    })
  })
}

/**
 * @param {number | null} code
 * @param {readonly string[]} tail
 */
function explainFailure(code, tail) {
  const errors = tail.filter((line) => line.startsWith('[ERROR]') && line.length > '[ERROR] '.length)
  const evidence = (errors.length > 0 ? errors.slice(0, 3) : tail).map((line) => `    ${line.slice(0, 600)}`)
  return [
    `Maven could not download Kafka (exit ${code}). Check the network, and the mirrors and proxies in ~/.m2/settings.xml, then start again; or name a running Kafka in KAFKA_BROKERS. Maven reports:`,
    ...evidence,
  ].join('\n')
}
