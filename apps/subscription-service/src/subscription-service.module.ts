import type { TopicProfile } from '@hooklane/contracts/records'
import type { ParsedApiKey } from '@hooklane/core/secrets'
import type { Time } from '@hooklane/core/kernel'
import type { WorkerGroupBacklogs, WorkerGroupTopics } from '@hooklane/core/worker-group'
import type { Logger, Registry } from '@hooklane/observability'
import { TenantDatabase } from '@hooklane/postgres/tenancy'
import { Module, type DynamicModule, type Provider } from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core'
import { ApiKeysController } from './api-keys/api-keys.controller.js'
import { ApiKeysService } from './api-keys/api-keys.service.js'
import { FailedAttempts } from './access/failed-attempts.js'
import { CallerIdentification, ConfiguredOperatorKey } from './access/caller-identification.js'
import { KeyGuard } from './access/key-guard.js'
import { AppsController } from './apps/apps.controller.js'
import { AppsService } from './apps/apps.service.js'
import { CompaniesController } from './companies/companies.controller.js'
import { CompaniesService, EVENTS_END } from './companies/companies.service.js'
import { CompanyErasure } from './companies/company-erasure.js'
import type { EventsEnd } from './companies/events-end.js'
import { DeliveriesController } from './deliveries/deliveries.controller.js'
import { EventTypesController } from './event-types/event-types.controller.js'
import { Cursors } from './http/cursor.js'
import { Lists } from './http/list.js'
import { ProblemFilter } from './problem-filter.js'
import { strictValidation } from './http/validation-pipe.js'
import { STORED_RESPONSE_SEALER, IdempotentRequests } from './idempotency/idempotent-requests.js'
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js'
import { SubscriptionRules, SubscriptionsService } from './subscriptions/subscriptions.service.js'
import { GroupPlacement, WORKER_GROUP_BACKLOGS, WORKER_GROUP_TOPICS } from './worker-groups/group-placement.js'
import { GroupRemoval } from './worker-groups/group-removal.js'
import { TOPIC_PROFILE, WorkerGroupsController } from './worker-groups/worker-groups.controller.js'

/** The parts that the API needs from outside. */
export interface ApiParts {
  readonly database: TenantDatabase
  readonly workerGroupTopics: WorkerGroupTopics
  readonly workerGroupBacklogs: WorkerGroupBacklogs
  readonly eventsEnd: EventsEnd
  readonly operatorKey: ParsedApiKey
  readonly rules: SubscriptionRules
  /** Signs list cursors. */
  readonly cursorSecret: Buffer
  readonly topicProfile: TopicProfile
  readonly wrongKeysPerMinute: number
  readonly clock: Time
  readonly logger: Logger
  readonly registry: Registry
}

/** The composition root: the controllers and the providers they share. */
@Module({})
export class SubscriptionServiceModule {
  static of(parts: ApiParts): DynamicModule {
    const shared: Provider[] = [
      { provide: TenantDatabase, useValue: parts.database },
      { provide: WORKER_GROUP_TOPICS, useValue: parts.workerGroupTopics },
      { provide: WORKER_GROUP_BACKLOGS, useValue: parts.workerGroupBacklogs },
      {
        provide: GroupRemoval,
        useValue: new GroupRemoval(parts.database, parts.workerGroupTopics, parts.logger),
      },
      { provide: EVENTS_END, useValue: parts.eventsEnd },
      { provide: STORED_RESPONSE_SEALER, useValue: parts.rules.sealer },
      { provide: TOPIC_PROFILE, useValue: parts.topicProfile },
      { provide: SubscriptionRules, useValue: parts.rules },
      { provide: Cursors, useValue: new Cursors(parts.cursorSecret) },
      { provide: ConfiguredOperatorKey, useValue: new ConfiguredOperatorKey(parts.operatorKey) },
      { provide: FailedAttempts, useValue: new FailedAttempts(parts.clock, parts.wrongKeysPerMinute) },
      CallerIdentification,
      { provide: APP_GUARD, useClass: KeyGuard },
      { provide: APP_PIPE, useFactory: strictValidation },
      { provide: APP_FILTER, useValue: new ProblemFilter(parts.logger) },
    ]
    return {
      module: SubscriptionServiceModule,
      controllers: [
        CompaniesController,
        ApiKeysController,
        AppsController,
        SubscriptionsController,
        EventTypesController,
        DeliveriesController,
        WorkerGroupsController,
      ],
      providers: [
        ...shared,
        Lists,
        IdempotentRequests,
        GroupPlacement,
        ApiKeysService,
        CompanyErasure,
        CompaniesService,
        AppsService,
        SubscriptionsService,
      ],
    }
  }
}
