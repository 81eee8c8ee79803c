import { BuildFault } from './build-fault.mjs'
import { bundle } from './bundle.mjs'

/* The second step of a build, which tools/stack/build.mjs and the Dockerfile run after the compiler. */
try {
  await bundle()
} catch (error) {
  if (!(error instanceof BuildFault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
