import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ClassArchive } from './class-archive.mjs'
import { ensureKafkaJars } from './kafka-jars.mjs'
import { freePort, isPortFree, rememberedPort, startOnFreePorts } from './ports.mjs'
import { lastLines, startServerProcess } from './server-process.mjs'
import { StackError } from './stack-error.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

const run = promisify(execFile)

const LOG4J_CONFIGURATION = join(import.meta.dirname, 'kafka', 'log4j2.yaml')

/** How long a start may take. After a clean stop, a start takes 2–4 s, at worst 12 s, and longer only on a busy machine. */
const START_LIMIT_MS = 120_000

/**
 * The signals that stop the broker, and how long to wait after each. A clean stop takes 1.3–3.3 s. After a kill, the next start has
 * to wait for the broker's session timeout and for log recovery.
 */
const STOP_STEPS = /** @type {const} */ ([
  { signal: 'SIGTERM', waitMs: 30_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
])

/** What the broker prints when it accepts clients. */
const STARTED = 'Kafka Server started'

const JVM_OPTIONS = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true']

/**
 * @typedef {object} RunningKafka
 * @property {string[]} brokers
 * @property {number} pid
 * @property {string} log
 * @property {Promise<unknown>} exited
 * @property {(signal: NodeJS.Signals) => void} kill
 * @property {() => Promise<void>} stop
 */

/**
 * Starts one Apache Kafka broker (KRaft; broker and controller in one process) on loopback, and resolves when it accepts
 * clients. Data in `dataDir` is kept and used again. Maven downloads the jars once into `cacheDir`.
 *
 * @param {object} options
 * @param {string} options.dataDir
 * @param {number} [options.port] - Default: the port of the last start if it is free, else a free one.
 * @param {string} [options.cacheDir] - Default: `cache` beside `dataDir`.
 * @param {string} [options.logDir] - Default: `logs` in `dataDir`.
 * @param {(text: string) => void} [options.onProgress]
 * @param {import('./server-process.mjs').OnSpawn} [options.onSpawn]
 * @param {AbortSignal} [options.signal] - Aborts the start and ends the started processes.
 * @returns {Promise<RunningKafka>}
 */
export async function startKafka({
  dataDir,
  port: wantedPort,
  cacheDir = join(dirname(dataDir), 'cache'),
  logDir = join(dataDir, 'logs'),
  onProgress = () => {},
  onSpawn,
  signal,
}) {
  const { java, libraryDir } = await ensureKafkaJars({ cacheDir, onProgress, signal })
  await mkdir(logDir, { recursive: true })
  if (wantedPort !== undefined && !(await isPortFree(wantedPort))) {
    throw new StackError(`Kafka cannot use port ${wantedPort} on 127.0.0.1: another program listens there.`)
  }
  const choosePorts = async () => ({
    port: wantedPort ?? (await rememberedPort(join(dataDir, 'port'))),
    controllerPort: await freePort(),
  })
  return startOnFreePorts(choosePorts, (ports) =>
    serve({ java, libraryDir, dataDir, logDir, ports, onSpawn: onSpawn ?? (() => {}), signal }),
  )
}

/**
 * Starts a broker on no data and ends it, unless the class archive is there already: every broker after it starts in half the time.
 *
 * @param {{ cacheDir: string, onProgress: (text: string) => void, signal: AbortSignal }} options
 */
export async function archiveKafkaClasses({ cacheDir, onProgress, signal }) {
  const { java, libraryDir } = await ensureKafkaJars({ cacheDir, onProgress, signal })
  if (classArchiveOf(libraryDir, java).exists) return
  onProgress('preparing faster starts of Kafka (once)')
  const dataDir = await mkdtemp(join(cacheDir, 'kafka-classes-'))
  try {
    const broker = await startKafka({ dataDir, cacheDir, signal })
    await broker.stop()
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/**
 * @param {string} libraryDir
 * @param {import('./java.mjs').Java} java
 */
const classArchiveOf = (libraryDir, java) => new ClassArchive({ dir: dirname(libraryDir), javaBuild: java.build })

/**
 * @param {object} options
 * @param {import('./java.mjs').Java} options.java
 * @param {string} options.libraryDir
 * @param {string} options.dataDir
 * @param {string} options.logDir
 * @param {{ port: number, controllerPort: number }} options.ports
 * @param {import('./server-process.mjs').OnSpawn} options.onSpawn
 * @param {AbortSignal | undefined} options.signal
 * @returns {Promise<RunningKafka>}
 */
async function serve({ java, libraryDir, dataDir, logDir, ports, onSpawn, signal }) {
  const properties = join(dataDir, 'server.properties')
  await writeFileAtomically(properties, serverProperties({ dataDir, ...ports }))
  const jvm = [
    ...JVM_OPTIONS,
    '-cp',
    join(libraryDir, '*'),
    `-Dkafka.logs.dir=${logDir}`,
    `-Dlog4j2.configurationFile=${LOG4J_CONFIGURATION}`,
  ]
  const archive = classArchiveOf(libraryDir, java)
  await formatOnce({ java: java.command, jvm: [...archive.readOptions, ...jvm], dataDir, properties })
  signal?.throwIfAborted()

  const broker = await startServerProcess({
    name: 'kafka',
    command: java.command,
    args: [...archive.brokerOptions, ...jvm, 'kafka.Kafka', properties],
    marker: properties,
    log: join(logDir, 'kafka-console.log'),
    onSpawn,
  })
  let isStarted = false
  const stop = async () => {
    await broker.stop(STOP_STEPS)
    const { signal: killedBy } = await broker.exited
    await archive.takeDraft(isStarted && killedBy === null)
  }
  try {
    await untilStarted({ broker, logDir, signal })
    isStarted = true
  } catch (error) {
    await stop()
    throw error
  }
  return {
    brokers: [`127.0.0.1:${ports.port}`],
    pid: broker.pid,
    log: join(logDir, 'kafka.log'),
    exited: broker.exited,
    kill: broker.kill,
    stop,
  }
}

/** @param {{ dataDir: string, port: number, controllerPort: number }} options */
function serverProperties({ dataDir, port, controllerPort }) {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dataDir, 'data'),
    // A misspelt topic name must be an error. It must not create a topic with default settings.
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // There is only one broker, so every internal topic must ask for one replica.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    // After a kill, the broker waits until its previous session has timed out, so the timeout is short.
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 400,
    'log.index.size.max.bytes': 1_048_576,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'num.network.threads': 2,
    'num.io.threads': 4,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}\n`)
    .join('')
}

/**
 * Escapes a value for Java, which reads properties files as Latin-1 with backslash escapes.
 *
 * @param {string} value
 */
function escapeProperty(value) {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Formats the storage at the first start. The file `formatted` is written last. Without this file, the storage is at most
 * half-formatted and holds no data yet, so it is removed and formatted again.
 *
 * @param {{ java: string, jvm: readonly string[], dataDir: string, properties: string }} options
 */
async function formatOnce({ java, jvm, dataDir, properties }) {
  const marker = join(dataDir, 'formatted')
  if (existsSync(marker)) return
  await rm(join(dataDir, 'data'), { recursive: true, force: true })
  const clusterId = newClusterId()
  const format = [...jvm, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
  await run(java, format).catch((error) => {
    throw new StackError(`Kafka's storage in ${dataDir} could not be formatted:\n${error.stderr || error.message}`)
  })
  await writeFile(marker, `${clusterId}\n`)
}

/** A random id in Kafka's format. An id that begins with a dash would be read as a command-line option. */
function newClusterId() {
  for (;;) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/**
 * Waits until the broker prints that it has started. A port that accepts connections would prove nothing: another process
 * may have bound it first.
 *
 * @param {{ broker: import('./server-process.mjs').ServerProcess, logDir: string, signal: AbortSignal | undefined }} options
 */
async function untilStarted({ broker, logDir, signal }) {
  const limit = Date.now() + START_LIMIT_MS
  while (!broker.output().includes(STARTED)) {
    const evidence = () => [join(logDir, 'kafka.log'), broker.log].map((log) => lastLines(log)).join('\n')
    signal?.throwIfAborted()
    if (!broker.isRunning()) throw new StackError(`Kafka ended while it started. The end of ${logDir}:\n${evidence()}`)
    if (Date.now() > limit) {
      throw new StackError(`Kafka is not ready after ${START_LIMIT_MS / 1000} s. The end of ${logDir}:\n${evidence()}`)
    }
    await delay(100)
  }
}
