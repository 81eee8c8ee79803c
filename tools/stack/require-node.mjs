/*
 * Imported first by every program of tools/: prints one line when Node is too old, before a module that needs a newer Node
 * is evaluated. Imports nothing, and uses nothing that an old Node does not know.
 */

const LEAST_MAJOR = 20
const LEAST_MINOR = 19

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < LEAST_MAJOR || (major === LEAST_MAJOR && minor < LEAST_MINOR)) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: Hooklane needs Node ${LEAST_MAJOR}.${LEAST_MINOR} or newer. Install it and try again.\n`,
  )
  process.exit(1)
}
