import './require-node.mjs'
import { build, install } from './build.mjs'
import { createProgress } from './progress.mjs'
import { StackError } from './stack-error.mjs'

/* `npm run build`. Waits while another command of this checkout installs or builds. */

const progress = createProgress((line) => process.stdout.write(`${line}\n`))
const onProgress = (/** @type {string} */ text) => progress.report('build', text)
try {
  await install({ onProgress })
  await build({ onProgress })
} catch (error) {
  if (!(error instanceof StackError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
} finally {
  progress.end()
}
