import { BuildFault } from './build-fault.mjs'
import { bundle } from './bundle.mjs'

/* The second half of a build, after the compiler (tools/stack/build.mjs, Dockerfile). */
try {
  await bundle()
} catch (error) {
  if (!(error instanceof BuildFault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
