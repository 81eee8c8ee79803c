import './require-node.mjs'
import { build, install } from './build.mjs'
import { createProgress } from './progress.mjs'
import { runMain } from './run-main.mjs'
import { StackError } from './stack-error.mjs'

/* `npm run build`: installs the packages of the lockfile if they are not installed, compiles, and bundles. */
await runMain(async () => {
  const abort = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => abort.abort(new StackError('Interrupted. Run it again to complete the build.')))
  }
  const { signal } = abort
  const progress = createProgress((line) => process.stdout.write(`${line}\n`))
  try {
    await install({ onProgress: (text) => progress.report('install', text), signal })
    await build({ onProgress: (text) => progress.report('build', text), isOutputShown: true, signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    progress.end()
  }
})
