/**
 * Loaded into each service by `npm run bench -- --profile`. SIGUSR2 starts a CPU profile; the next SIGUSR2 stops it and writes it to
 * `<service>-<pid>.cpuprofile`. The benchmark sends the first SIGUSR2 after the warm-up, so that the profile contains only the measurement.
 */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { basename, join } from 'node:path'

const directory = process.env['BENCH_PROFILE_DIR']
const SAMPLE_EVERY_US = 500

if (directory) {
  const service = basename(process.argv[1] ?? 'unknown', '.js')
  /** @type {Session | null} */
  let session = null
  process.on('SIGUSR2', () => {
    const running = session
    if (running === null) {
      session = new Session()
      session.connect()
      void begin(session)
    } else {
      session = null
      void end(running)
    }
  })

  /** @param {Session} started */
  const begin = async (started) => {
    await started.post('Profiler.enable')
    await started.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await started.post('Profiler.start')
  }

  /** @param {Session} running */
  const end = async (running) => {
    const { profile } = await running.post('Profiler.stop')
    running.disconnect()
    writeFileSync(join(directory, `${service}-${process.pid}.cpuprofile`), JSON.stringify(profile))
  }
}
