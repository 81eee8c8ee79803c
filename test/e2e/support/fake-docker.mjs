import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Replaces `docker` on an artificial PATH. It records how it is called, and answers as an engine with Compose does. `up` forwards
 * the published ports to the servers of the test run, as Docker forwards them to the servers in containers.
 *
 * - FAKE_DOCKER_LOG: the file to which each call is recorded, as one JSON line.
 * - FAKE_DOCKER_FAILS: the commands that fail, such as `compose up`, separated by commas.
 * - FAKE_DOCKER_COMPOSE: the version of Compose.
 * - FAKE_DOCKER_POSTGRES, FAKE_DOCKER_KAFKA: the servers to which `up` forwards the ports, as host:port.
 */

const args = process.argv.slice(2)
const {
  FAKE_DOCKER_LOG: log = '',
  FAKE_DOCKER_FAILS: fails = '',
  FAKE_DOCKER_COMPOSE: composeVersion = '2.36.2',
  POSTGRES_PORT,
  KAFKA_PORT,
  POSTGRES_PASSWORD,
} = process.env
appendFileSync(log, `${JSON.stringify({ args, POSTGRES_PORT, KAFKA_PORT, hasPassword: Boolean(POSTGRES_PASSWORD) })}\n`)

/** The command without its options and services. */
const command =
  args[0] === 'compose' ? `compose ${args.find((word) => /^(version|up|stop|down)$/.test(word))}` : args[0]

const ANSWERS = /** @type {Record<string, string>} */ ({ info: '28.2.2\n', 'compose version': `${composeVersion}\n` })

if (fails.split(',').includes(command ?? '')) {
  process.stderr.write(`Error response from daemon: ${command} does not work today\n`)
  process.exitCode = 1
} else if (command === 'compose up') {
  const { FAKE_DOCKER_POSTGRES = '', FAKE_DOCKER_KAFKA = '' } = process.env
  const forwards = [
    ...(args.includes('postgres') ? [`${POSTGRES_PORT}=${FAKE_DOCKER_POSTGRES}`] : []),
    ...(args.includes('kafka') ? [`${KAFKA_PORT}=${FAKE_DOCKER_KAFKA}`] : []),
  ]
  const forwarder = spawn(process.execPath, [join(import.meta.dirname, 'forward-ports.mjs'), log, ...forwards], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => forwarder.stdout.once('data', resolve))
  process.exit(0)
} else {
  process.stdout.write(ANSWERS[command ?? ''] ?? '')
}
