import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, occupyPort, type Program, type Scratch } from './launcher.js'
import { ROOT } from './run-command.js'
import { mountSmallDisk, mountReadOnly } from './small-disk.js'

interface Arranged {
  readonly program?: Program
  /** The clone whose launcher is run. Default: this repository. */
  readonly root?: string
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly nodeOptions?: readonly string[]
  /** Words in front of the launcher's command. */
  readonly wrap?: readonly string[]
  readonly release?: () => Promise<void>
}

interface Place {
  readonly scratch: Scratch
  /** HOOKLANE_HOME of the launcher that must refuse to start. */
  readonly home: string
  /** HOOKLANE_HOME of another system that runs at the same time. */
  readonly besideHome: string
}

/** Surroundings in which the launcher must refuse to start, and the one line that it must print. */
export interface BadSurroundings {
  readonly title: string
  readonly arrange: (place: Place) => Promise<Arranged>
  readonly says: RegExp
  readonly exitCode?: number
  /** Whether output of another program (Maven, npm) follows the line. */
  readonly evidence?: boolean
}

const CLOSED = 'ECONNREFUSED'

/** Copies only the files that the launcher needs to find out that the packages are not installed. */
async function freshClone(root: string): Promise<string> {
  for (const file of ['package.json', 'package-lock.json', 'tools/build', 'tools/stack']) {
    await cp(join(ROOT, file), join(root, file), { recursive: true })
  }
  for (const group of ['libs', 'apps']) {
    for (const name of await readdir(join(ROOT, group))) {
      const manifest = join(group, name, 'package.json')
      await cp(join(ROOT, manifest), join(root, manifest))
    }
  }
  return root
}

/** The programs that Node and the launcher need in every case. */
const BASICS = ['node', 'sh', 'id'] as const

const JAVA_17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`
const JAVA_11 = `echo 'openjdk version "11.0.27" 2025-04-15' >&2`

const withPath = async (
  { scratch }: Place,
  name: string,
  programs: readonly string[],
  scripts?: Record<string, string>,
) => ({ PATH: await scratch.pathWith(name, programs, scripts) })

const emptyCache = async ({ scratch }: Place, name: string) => ({ HOOKLANE_CACHE: await scratch.folder(name) })

const oldNode = (version: string) => [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`,
]

const ports: readonly BadSurroundings[] = [
  {
    title: 'a port that HTTP_PORT names and a stranger has',
    arrange: async () => {
      const taken = await occupyPort()
      return { env: { HTTP_PORT: String(taken.port) }, release: taken.release }
    },
    says: /^HTTP_PORT=\d+: another program listens on this port of 127\.0\.0\.1\. Stop that program, choose another port, or unset HTTP_PORT/,
  },
  {
    title: 'an HTTP_PORT that is no port',
    arrange: async () => ({ env: { HTTP_PORT: '80a' } }),
    says: /^HTTP_PORT=80a is not a port: give a number from 1 to 65535, or unset it/,
  },
]

const homes: readonly BadSurroundings[] = [
  {
    title: 'a HOOKLANE_HOME that is a file',
    arrange: async ({ scratch }) => ({ env: { HOOKLANE_HOME: await scratch.file('a-file') } }),
    says: /^HOOKLANE_HOME=.*a-file cannot be used: it is a file, or lies below one\. Name a folder that you may write to/,
  },
  {
    title: 'a HOOKLANE_HOME below a file',
    arrange: async ({ scratch }) => ({ env: { HOOKLANE_HOME: join(await scratch.file('another-file'), 'home') } }),
    says: /^HOOKLANE_HOME=.* cannot be used: it is a file, or lies below one\. Name a folder/,
  },
  {
    title: 'a HOOKLANE_HOME that may not be written to',
    arrange: async ({ scratch }) => {
      const folder = await scratch.folder('read-only')
      const release = await mountReadOnly(folder)
      return { env: { HOOKLANE_HOME: join(folder, 'home') }, release }
    },
    says: /^HOOKLANE_HOME=.* cannot be used: (this user may not write to it|its disk is read-only)\. Name a folder/,
  },
  {
    title: 'a HOOKLANE_HOME on a disk that is nearly full',
    arrange: async ({ scratch }) => {
      const disk = await mountSmallDisk(await scratch.folder('small-disk'), 16)
      return { env: { HOOKLANE_HOME: join(disk.dir, 'home') }, wrap: disk.wrap, release: disk.release }
    },
    says: /^HOOKLANE_HOME=.*: its disk has \d+ MiB left, but a local PostgreSQL and Kafka need \d+ MiB\. Free some space, or name a folder on another disk/,
  },
  {
    title: 'a home in which another launcher runs',
    arrange: async ({ besideHome }) => ({ env: { HOOKLANE_HOME: besideHome } }),
    says: /is in use by another launcher \(pid \d+\)\. Stop that one \(npm stop\), or set HOOKLANE_HOME to another folder/,
  },
  {
    title: 'a home in which another launcher runs, in the background',
    arrange: async ({ besideHome }) => ({ args: ['--detach'], env: { HOOKLANE_HOME: besideHome } }),
    says: /is in use by another launcher \(pid \d+\)\. Stop that one \(npm stop\), or set HOOKLANE_HOME to another folder/,
  },
]

const tools: readonly BadSurroundings[] = [
  {
    title: 'no Java',
    arrange: async (place) => ({ env: await withPath(place, 'no-java', BASICS) }),
    says: /^Java was not found: the local Kafka needs Java 17 or newer\. Install it .*, or name a running Kafka in KAFKA_BROKERS/,
  },
  {
    title: 'Java 11',
    arrange: async (place) => ({ env: await withPath(place, 'java-11', BASICS, { java: JAVA_11 }) }),
    says: /^Java 11 is too old: the local Kafka needs Java 17 or newer\. Install it/,
  },
  {
    title: 'a JAVA_HOME that points nowhere, and no other Java',
    arrange: async (place) => ({
      env: { ...(await withPath(place, 'java-nowhere', BASICS)), JAVA_HOME: place.scratch.path('nowhere') },
    }),
    says: /^JAVA_HOME=.*nowhere contains no Java \(bin\/java\), and there is none on the PATH\. Correct JAVA_HOME, install Java 17/,
  },
  {
    title: 'a JAVA_HOME that points nowhere, where Maven is needed',
    arrange: async (place) => ({
      env: {
        ...(await withPath(place, 'java-elsewhere', BASICS, { java: JAVA_17, mvn: 'exit 1' })),
        ...(await emptyCache(place, 'cache-java')),
        JAVA_HOME: place.scratch.path('nowhere'),
      },
    }),
    says: /^JAVA_HOME=.*nowhere contains no Java \(bin\/java\)\. Maven, which downloads the local Kafka, cannot run with this JAVA_HOME\. Correct or unset/,
  },
  {
    title: 'no Maven',
    arrange: async (place) => ({
      env: {
        ...(await withPath(place, 'no-maven', BASICS, { java: JAVA_17 })),
        ...(await emptyCache(place, 'cache-maven')),
      },
    }),
    says: /^Maven \(mvn\) was not found\. It is needed to download the local Kafka\. Install it/,
  },
  {
    title: 'a Node that is too old',
    arrange: async () => ({ nodeOptions: oldNode('18.20.8') }),
    says: /^Node 18\.20\.8 is too old: Hooklane needs Node 20\.19 or newer\. Install it and try again\.$/,
  },
  {
    title: 'a Node that is too old for npm run status',
    arrange: async () => ({ program: 'status', nodeOptions: oldNode('20.18.0') }),
    says: /^Node 20\.18\.0 is too old: Hooklane needs Node 20\.19 or newer/,
  },
  {
    title: 'a Node that is too old for npm stop',
    arrange: async () => ({ program: 'stop', nodeOptions: oldNode('16.20.2') }),
    says: /^Node 16\.20\.2 is too old: Hooklane needs Node 20\.19 or newer/,
  },
]

const words: readonly BadSurroundings[] = [
  ...(
    [
      ['an option that does not exist', ['--no-smaple'], /^Unknown option '--no-smaple'/],
      [
        'a number of dispatchers that makes no sense',
        ['--dispatchers', '0'],
        /^--dispatchers 0: must be a number from 1 to 16/,
      ],
      ['a capture file beside the sample', ['--capture', 'x.yaml'], /^--capture needs --no-sample/],
    ] as const
  ).map(([title, args, says]) => ({ title, arrange: async () => ({ args }), says, exitCode: 2 })),
  {
    title: 'an option that npm stop does not know',
    arrange: async () => ({ program: 'stop', args: ['--force'] }),
    says: /^Unknown option '--force'/,
    exitCode: 2,
  },
  {
    title: 'an option that npm run status does not know',
    arrange: async () => ({ program: 'status', args: ['--jsn'] }),
    says: /^Unknown option '--jsn'/,
    exitCode: 2,
  },
  {
    title: 'a capture file that is not there',
    arrange: async ({ scratch }) => ({ args: ['--no-sample', '--capture', scratch.path('missing.yaml')] }),
    says: /^There is no capture file .*missing\.yaml\. Correct the path after --capture\.$/,
  },
  {
    title: 'a capture file that is a folder',
    arrange: async ({ scratch }) => ({ args: ['--no-sample', '--capture', scratch.dir] }),
    says: /^There is no capture file /,
  },
]

const servers: readonly BadSurroundings[] = [
  {
    title: 'KAFKA_BROKERS that nothing answers at',
    arrange: async () => ({ env: { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` } }),
    says: new RegExp(
      `^KAFKA_BROKERS=127\\.0\\.0\\.1:\\d+: no broker answers \\(.*${CLOSED}\\)\\. Start that Kafka, correct the address, or unset`,
    ),
  },
  {
    title: 'KAFKA_BROKERS that is no address',
    arrange: async () => ({ env: { KAFKA_BROKERS: 'localhost' } }),
    says: /^KAFKA_BROKERS=localhost: no broker answers \(localhost is not host:port\)/,
  },
  {
    title: 'a DATABASE_URL that nothing answers at, without showing its password',
    arrange: async () => ({ env: { DATABASE_URL: `postgres://pim:geheim@127.0.0.1:${await freePort()}/hooklane` } }),
    says: new RegExp(
      `^DATABASE_URL=postgres://pim:\\*\\*\\*@127\\.0\\.0\\.1:\\d+/hooklane: ${CLOSED}\\. Start that PostgreSQL, correct`,
    ),
  },
  {
    title: 'a DATABASE_URL of another kind of database',
    arrange: async () => ({ env: { DATABASE_URL: 'mysql://localhost/hooklane' } }),
    says: /^DATABASE_URL must look like postgres:\/\/user:password@host:5432\/database$/,
  },
  {
    title: 'HOOKLANE_SERVERS that is no choice',
    arrange: async () => ({ env: { HOOKLANE_SERVERS: 'podman' } }),
    says: /^HOOKLANE_SERVERS=podman: must be auto, docker, embedded, or unset/,
  },
]

const network: readonly BadSurroundings[] = [
  {
    title: 'no network for Maven',
    arrange: async (place) => {
      const user = place.scratch
      const mirror = `http://127.0.0.1:${await freePort()}/`
      await user.file(
        'maven-user/.m2/settings.xml',
        `<settings><mirrors><mirror><id>none</id><mirrorOf>*</mirrorOf><url>${mirror}</url></mirror></mirrors></settings>`,
      )
      return {
        env: {
          ...(await emptyCache(place, 'cache-offline')),
          MAVEN_OPTS: `-Duser.home=${user.path('maven-user')}`,
        },
      }
    },
    says: /^Maven could not download Kafka \(exit 1\)\. Check the network, and the mirrors and proxies in ~\/\.m2\/settings\.xml, then start again/,
    evidence: true,
  },
  {
    title: 'no network for npm',
    arrange: async ({ scratch }) => ({
      root: await freshClone(await scratch.folder('clone')),
      env: {
        npm_config_registry: `http://127.0.0.1:${await freePort()}/`,
        npm_config_cache: await scratch.folder('npm-cache'),
        npm_config_fetch_retries: '0',
      },
    }),
    says: /^Installing the packages \(npm ci\) failed \(exit 1\)\. Check the network, and the registry and proxy in your npm settings/,
    evidence: true,
  },
]

export const badSurroundings: readonly BadSurroundings[] = [
  ...ports,
  ...homes,
  ...tools,
  ...words,
  ...servers,
  ...network,
]
