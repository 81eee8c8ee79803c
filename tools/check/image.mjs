import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../stack/home.mjs'

/*
 * Checks the Dockerfile as far as this is possible without a Docker engine:
 * - instructions and options exist;
 * - every COPY names an earlier stage, or existing files that .dockerignore lets through.
 */

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

/** @returns {string[]} */
function faultsOfSyntax() {
  return validate(dockerfile).map(({ message, range }) => `Dockerfile:${range.start.line + 1} ${message}`)
}

/** @returns {string[]} */
function faultsOfCopies() {
  const file = DockerfileParser.parse(dockerfile)
  return file.getCOPYs().flatMap((copy) => {
    const line = copy.getRange().start.line
    const stage = copy.getFromFlag()?.getValue()
    if (stage) {
      const earlier = file.getFROMs().filter((from) => from.getRange().start.line < line)
      const isThere = earlier.some((from) => from.getBuildStage() === stage)
      return isThere ? [] : [`Dockerfile:${line + 1} there is no earlier stage ${stage}`]
    }
    const sources = copy.getArguments().slice(0, -1)
    return sources.flatMap((source) =>
      faultOfSource(source.getValue()).map((fault) => `Dockerfile:${line + 1} ${fault}`),
    )
  })
}

/** Paths that .dockerignore lets through. The file begins with `*`, which excludes everything else. */
const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))

/**
 * @param {string} source
 * @returns {string[]}
 */
function faultOfSource(source) {
  if (!existsSync(join(ROOT, source))) return [`${source} does not exist`]
  const isAllowed = allowed.some((path) => source === path || source.startsWith(`${path}/`))
  return isAllowed ? [] : [`${source} is excluded by .dockerignore: add !${source}`]
}

const faults = [...faultsOfSyntax(), ...faultsOfCopies()]
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exitCode = 1
}
