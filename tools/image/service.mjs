import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/*
 * The entry point of the container image:
 * - `<service>` runs that service in this process, so that signals reach it;
 * - `setup` brings the schema and the topics up to date and ends;
 * - `operator-key` prints a new operator key;
 * - `healthy` checks the liveness of the service in this container.
 */

const SERVICES = ['subscription-service', 'event-producer', 'router', 'dispatcher', 'recorder']

/** The file of a bundled program (tools/build/entries.mjs). */
const program = (/** @type {string} */ name) => join(import.meta.dirname, '..', '..', 'dist', `${name}.js`)

const USAGE = `Usage: docker run hooklane <command>\n\nCommands: ${SERVICES.join(', ')}; setup (run it before the services, after each update); operator-key (prints a new operator key).\n`

const [command = ''] = process.argv.slice(2)

if (SERVICES.includes(command)) {
  await import(program(command))
} else if (command === 'setup') {
  process.exitCode = run('migrate') || run('topics')
} else if (command === 'operator-key') {
  await import(program(command))
} else if (command === 'healthy') {
  const port = process.env['HEALTH_PORT'] || '8081'
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(4_000) })
  process.exitCode = answer.ok ? 0 : 1
} else {
  process.stderr.write(command === '' ? USAGE : `Unknown command ${command}\n\n${USAGE}`)
  process.exitCode = 2
}

/**
 * @param {string} name - Of a bundled program.
 * @returns {number} the exit code
 */
function run(name) {
  return spawnSync(process.execPath, ['--enable-source-maps', program(name)], { stdio: 'inherit' }).status ?? 1
}
