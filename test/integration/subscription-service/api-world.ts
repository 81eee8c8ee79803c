import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import { createApiKey, createSealer } from '@hooklane/core/secrets'
import type { WorkerGroupBacklog, WorkerGroupBacklogs, WorkerGroupTopics } from '@hooklane/core/worker-group'
import { createLogger, createRegistry } from '@hooklane/observability'
import { TenantDatabase } from '@hooklane/postgres/tenancy'
import { systemClock } from '@hooklane/runtime'
import { parseAllowTargets } from '@hooklane/webhook-http'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { EventsEndUnknown } from '../../../apps/subscription-service/src/companies/events-end.js'
import { createApi } from '../../../apps/subscription-service/src/create-api.js'
import { SubscriptionRules } from '../../../apps/subscription-service/src/subscriptions/subscriptions.service.js'
import { DocumentedApi, type OpenApiDocument } from './documented-api.js'
import { createTestDatabase, type TestDatabase } from '../postgres/test-database.js'

/** Fakes everything that the API needs from Kafka: the topics of worker groups, and the end offset of a company's events. */
export class FakeTopics implements WorkerGroupTopics {
  readonly ensured: WorkerGroupConfiguration[] = []
  readonly removed: string[] = []
  /** The worker groups whose topics are still being read, so that `remove` keeps these topics. */
  readonly read = new Set<string>()
  refusal: Error | null = null
  /** The end offset of the events of every company; null: Kafka does not answer. */
  end: bigint | null = 0n

  async eventsEnd(): Promise<bigint> {
    if (this.end === null) throw new EventsEndUnknown()
    return this.end
  }

  async ensure(group: WorkerGroupConfiguration): Promise<void> {
    if (this.refusal) throw this.refusal
    this.ensured.push(group)
  }

  async remove(groups: readonly WorkerGroupConfiguration[]): Promise<readonly string[]> {
    const removed = groups.map(({ name }) => name).filter((name) => !this.read.has(name))
    this.removed.push(...removed)
    return removed
  }
}

/** Returns the backlogs that the test puts into `waiting`. Other worker groups have an empty backlog. */
export class FakeBacklogs implements WorkerGroupBacklogs {
  readonly waiting = new Map<string, WorkerGroupBacklog>()

  async of(groups: readonly string[]): Promise<ReadonlyMap<string, WorkerGroupBacklog>> {
    return new Map(groups.map((group) => [group, this.waiting.get(group) ?? { records: 0, reason: null }]))
  }
}

/** The fields that tests read from response bodies. No response has all of these fields. */
interface AnswerBody {
  readonly [field: string]: unknown
  readonly id: string
  readonly key: string
  readonly code: string
  readonly detail: string
  readonly name: string
  readonly status: string
  readonly secret: string
  readonly companyId: string
  readonly workerGroup: string
  readonly previousValidUntil: string
  readonly sequence: number
  readonly epoch: number
  readonly lanes: unknown
  readonly oldestAgeSeconds: number
  readonly target: { readonly url: string; readonly headers: readonly object[] }
  readonly disabled: { readonly at: string }
  readonly owners: readonly { readonly instance: string | null }[]
  readonly earlier: readonly AnswerBody[]
  readonly data: readonly AnswerBody[]
  readonly nextCursor: string | null
  readonly errors: readonly { readonly path: string; readonly code: string; readonly message: string }[]
  readonly paths: Readonly<Record<string, object>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON; `{}` when the body was not JSON. */
  readonly body: AnswerBody
  readonly text: string
}

/** The part of a row of `hooklane.configuration` that tests check. Router and dispatcher work with these rows. */
export interface ConfigurationBody {
  readonly [field: string]: unknown
  readonly enabled: boolean
  readonly workerGroup: string
  readonly delivery: unknown
  readonly target: {
    readonly url: string | { readonly shown: string; readonly sealed: string }
    readonly headers: readonly { readonly name: string; readonly sealed: string }[]
  }
  readonly secrets: readonly { readonly sealed: string; readonly validUntil: string | null }[]
}

export interface CallOptions {
  readonly key?: string | null
  readonly company?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The API on a separate database, with methods to call it. */
export class ApiWorld {
  private constructor(
    readonly database: TestDatabase,
    readonly tenants: TenantDatabase,
    readonly topics: FakeTopics,
    readonly backlogs: FakeBacklogs,
    readonly api: NestExpressApplication,
    readonly url: string,
    readonly operatorKey: string,
    readonly secretsKey: Buffer,
    /** The published OpenAPI document. Every response is checked against it. */
    readonly documented: DocumentedApi,
  ) {}

  static async open(options: { wrongKeysPerMinute?: number } = {}): Promise<ApiWorld> {
    const database = await createTestDatabase('api')
    const tenants = new TenantDatabase({ url: database.url, role: 'hooklane_service', maxConnections: 4 })
    const topics = new FakeTopics()
    const backlogs = new FakeBacklogs()
    const operator = createApiKey('operator')
    const secretsKey = Buffer.alloc(32, 7)
    const api = await createApi({
      database: tenants,
      workerGroupTopics: topics,
      workerGroupBacklogs: backlogs,
      eventsEnd: () => topics.eventsEnd(),
      operatorKey: operator,
      rules: new SubscriptionRules(createSealer([secretsKey]), parseAllowTargets('127.0.0.2/32'), 'Pim-'),
      cursorSecret: secretsKey,
      topicProfile: 'dev',
      wrongKeysPerMinute: options.wrongKeysPerMinute ?? 100_000,
      clock: systemClock,
      logger: createLogger('api-test', 'fatal'),
      registry: createRegistry('api-test'),
    })
    await api.listen(0, '127.0.0.1')
    const url = await api.getUrl()
    const document = (await (await fetch(`${url}/v1/openapi.json`)).json()) as OpenApiDocument
    const documented = new DocumentedApi(document)
    return new ApiWorld(database, tenants, topics, backlogs, api, url, operator.text, secretsKey, documented)
  }

  async close(): Promise<void> {
    await this.api.close()
    await this.tenants.close()
    await this.database.drop()
  }

  /** Calls the API with the operator's key, with another key (`key`), or without a key (`key: null`). */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const key = options.key === undefined ? this.operatorKey : options.key
    const { body } = options
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(options.company === undefined ? {} : { 'hooklane-company': options.company }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') && text !== ''
    const read = (isJson ? JSON.parse(text) : {}) as AnswerBody
    const { status, headers } = answer
    const [contentType = ''] = (headers.get('content-type') ?? '').split(';')
    const fault = this.documented.faultOf({ method, path, status, contentType, headers, body: read })
    if (fault !== null) throw new Error(fault)
    return { status, headers, body: read, text }
  }

  /** Creates a company and one API key for each role. */
  async company(id: string): Promise<{ id: string; owner: string; editor: string; viewer: string }> {
    await this.call('PUT', `/v1/companies/${id}`, { body: { name: `Company ${id}` } })
    const keyOf = async (role: string): Promise<string> => {
      const answer = await this.call('POST', '/v1/api-keys', { company: id, body: { name: role, role } })
      return answer.body.key
    }
    return { id, owner: await keyOf('owner'), editor: await keyOf('editor'), viewer: await keyOf('viewer') }
  }

  async app(key: string, body: object = {}): Promise<string> {
    const answer = await this.call('POST', '/v1/apps', { key, body: { name: 'App', ...body } })
    return answer.body.id
  }

  /** The row of `hooklane.configuration` with this key; throws when there is no such row. */
  async configuration(key: string): Promise<ConfigurationBody> {
    const row = await this.maybeConfiguration(key)
    if (row === null) throw new Error(`there is no configuration ${key}`)
    return row
  }

  async maybeConfiguration(key: string): Promise<ConfigurationBody | null> {
    const rows = await this.database.query<{ body: string }>('SELECT body FROM hooklane.configuration WHERE key = $1', [
      key,
    ])
    return rows[0] === undefined ? null : (JSON.parse(rows[0].body) as ConfigurationBody)
  }
}

export const SUBSCRIPTION = { target: { url: 'https://shop.example.com/hooks' }, events: ['products.*'] }
