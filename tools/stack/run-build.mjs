import './require-node.mjs'
import { build, install } from './build.mjs'
import { createProgress } from './progress.mjs'
import { runMain } from './run-main.mjs'

/* `npm run build`: installs the packages of the lockfile if they are not, compiles, and bundles. */
await runMain(async () => {
  const progress = createProgress((line) => process.stdout.write(`${line}\n`))
  try {
    await install({ onProgress: (text) => progress.report('install', text) })
    await build({ onProgress: (text) => progress.report('build', text), isOutputShown: true })
  } finally {
    progress.end()
  }
})
