import { randomUUID } from 'node:crypto'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ensureKafkaJars } from './kafka-jars.mjs'
import { freePort, isPortFree, rememberedPort, startOnFreePorts } from './ports.mjs'
import { lastLines, startServerProcess } from './server-process.mjs'
import { StackError } from './stack-error.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

const run = promisify(execFile)

const LOG4J_CONFIGURATION = join(import.meta.dirname, 'kafka', 'log4j2.yaml')

/** The broker says so when it is usable: 2–4 s after a clean stop, 12 s at worst. More only on a busy machine. */
const START_LIMIT_MS = 120_000

/** A clean stop takes 1.3–3.3 s; a broker that is killed costs the next start its session timeout and log recovery. */
const STOP_STEPS = /** @type {const} */ ([
  { signal: 'SIGTERM', waitMs: 30_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
])

/** What the broker prints when it serves. */
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
 * Starts one Apache Kafka broker (KRaft, broker and controller in one) on loopback and resolves when it serves.
 * Data in `dataDir` is kept and used again. The jars are downloaded once by Maven into `cacheDir`.
 *
 * @param {object} options
 * @param {string} options.dataDir
 * @param {number} [options.port] - Default: that of the last start if it is free, else a free one.
 * @param {string} [options.cacheDir] - Default: `cache` beside `dataDir`.
 * @param {string} [options.logDir] - Default: `logs` in `dataDir`.
 * @param {(text: string) => void} [options.onProgress]
 * @param {import('./server-process.mjs').OnSpawn} [options.onSpawn]
 * @param {AbortSignal} [options.signal] - Gives up the start and ends what it began.
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
    throw new StackError(`Kafka cannot have port ${wantedPort} on 127.0.0.1: something else listens there.`)
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
 * @param {object} options
 * @param {string} options.java
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
  await formatOnce({ java, jvm, dataDir, properties })
  signal?.throwIfAborted()

  const broker = await startServerProcess({
    name: 'kafka',
    command: java,
    args: [...jvm, 'kafka.Kafka', properties],
    marker: properties,
    log: join(logDir, 'kafka-console.log'),
    onSpawn,
  })
  const stop = () => broker.stop(STOP_STEPS)
  try {
    await untilStarted({ broker, logDir, signal })
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
    // A misspelt topic must be an error, not a new topic with default settings.
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // One broker: every internal topic must ask for one copy only.
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
    // After a kill the broker waits for its own former session to end.
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
 * Java reads properties files as Latin-1 with backslash escapes.
 *
 * @param {string} value
 */
function escapeProperty(value) {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Formats the storage when that was not completed before; the marker is written last, a half-formatted storage holds
 * nothing yet and is made again.
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

/** As Kafka writes ids. One that begins with a dash would be taken for an option. */
function newClusterId() {
  for (;;) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/**
 * Waits for the broker's own word: that its port answers proves nothing when somebody else was faster to bind it.
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
      throw new StackError(
        `Kafka does not answer after ${START_LIMIT_MS / 1000} s. The end of ${logDir}:\n${evidence()}`,
      )
    }
    await delay(100)
  }
}
