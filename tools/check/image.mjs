import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../stack/home.mjs'

/*
 * The Dockerfile, as far as it can be held against the repository without an engine: instructions and options exist, every
 * COPY names a stage before it or files that are there and that .dockerignore lets through, and no production package lies
 * where the image does not look.
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
      return isThere ? [] : [`Dockerfile:${line + 1} there is no stage ${stage} before it`]
    }
    const sources = copy.getArguments().slice(0, -1)
    return sources.flatMap((source) =>
      faultOfSource(source.getValue()).map((fault) => `Dockerfile:${line + 1} ${fault}`),
    )
  })
}

/** What .dockerignore lets through: it begins with `*`, which keeps everything out. */
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
  return isAllowed ? [] : [`${source} is kept out by .dockerignore: add !${source}`]
}

/** The image takes the packages of the root alone. */
function faultsOfPackages() {
  /** @type {{ packages: Record<string, { dev?: boolean }> }} */
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev }]) => !dev && /^(libs|apps)\/.*\/node_modules\//.test(path))
    .map(
      ([path]) =>
        `${path} would be missing in the image: it is not installed at the root (two versions of one package?)`,
    )
}

const faults = [...faultsOfSyntax(), ...faultsOfCopies(), ...faultsOfPackages()]
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exitCode = 1
}
