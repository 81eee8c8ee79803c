import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm start -- [options]

Starts a local Hooklane: PostgreSQL, Kafka and every service, on free loopback ports. Ctrl-C stops all of it.

  --no-sample         without the sample PIM and receiver: for your own database and receivers
  --capture FILE      the capture file that says which tables are captured (with --no-sample); \${VARIABLES} in it come
                      from the environment
  --dispatchers N     number of dispatcher processes, 1 to 16 (default 1)
  --no-restart        do not restart processes that end unexpectedly
  --detach            run in the background and return when everything is ready; npm stop ends it
  --help              this text

HOOKLANE_HOME (.hooklane) holds data, logs and secrets. KAFKA_BROKERS and DATABASE_URL name servers to use instead of
local ones. HOOKLANE_SERVERS selects how local servers run: docker, embedded (processes of the launcher), or auto
(Docker Compose when an engine answers, else embedded). HTTP_PORT fixes the port of the API.
`

/**
 * @typedef {object} StartArguments
 * @property {boolean} help
 * @property {boolean} sample
 * @property {string | null} captureFile
 * @property {number} dispatchers
 * @property {boolean} restart
 * @property {boolean} detach
 */

/**
 * @param {readonly string[]} args
 * @returns {StartArguments}
 * @throws {Error} whose message says what is wrong with the arguments
 */
export function parseStartArguments(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      'no-sample': { type: 'boolean', default: false },
      capture: { type: 'string' },
      dispatchers: { type: 'string', default: '1' },
      'no-restart': { type: 'boolean', default: false },
      detach: { type: 'boolean', default: false },
    },
  })
  const dispatchers = Number(values.dispatchers)
  if (!Number.isInteger(dispatchers) || dispatchers < 1 || dispatchers > 16) {
    throw new Error(`--dispatchers ${values.dispatchers}: must be a number from 1 to 16`)
  }
  if (values.capture !== undefined && !values['no-sample']) {
    throw new Error('--capture needs --no-sample: the sample brings its own capture file')
  }
  return {
    help: values.help,
    sample: !values['no-sample'],
    captureFile: values.capture ?? null,
    dispatchers,
    restart: !values['no-restart'],
    detach: values.detach,
  }
}
