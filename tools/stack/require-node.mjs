/*
 * Imported first by every program of tools/: prints one line when Node is too old, before a module that needs a newer Node
 * is evaluated. Imports nothing, and uses nothing that an old Node does not know.
 */

const MIN_MAJOR = 20
const MIN_MINOR = 19

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < MIN_MAJOR || (major === MIN_MAJOR && minor < MIN_MINOR)) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: Hooklane needs Node ${MIN_MAJOR}.${MIN_MINOR} or newer. Install it and try again.\n`,
  )
  process.exit(1)
}
