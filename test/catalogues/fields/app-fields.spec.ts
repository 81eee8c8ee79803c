import { AppEntity } from '@hooklane/postgres/tenancy'
import { PatchApp, WriteApp } from '../../../apps/subscription-service/src/apps/app.form.js'
import { appConfiguration, writtenApp } from '../../../apps/subscription-service/src/apps/app.stored.js'
import { appView } from '../../../apps/subscription-service/src/apps/app.view.js'
import { EXAMPLES } from '../../../apps/subscription-service/src/documentation/examples.js'
import { describeFields } from './describe-fields.js'

const now = new Date('2026-03-02T08:15:04.120Z')
/** Fields that the service sets, not the caller. */
const OWN = {
  id: 'app_42',
  companyId: 'cmp_7',
  epoch: 1,
  workerGroup: 'shared-webhook',
  routeVersion: 0,
  isRouted: false,
}

describeFields({
  name: 'an app',
  write: WriteApp,
  patch: PatchApp,
  entity: AppEntity,
  table: 'app',
  shortest: { name: 'Nordlys' },
  first: { name: 'Nordlys DE', type: 'shopware', externalId: 'shop-de', enabled: false, worker: { mode: 'dedicated' } },
  second: { name: 'Nordlys DK', type: 'erp', externalId: 'shop-dk', enabled: true, worker: { mode: 'shared' } },
  notShown: [],
  notOfTheDeliveryPath: [],
  example: EXAMPLES.AppView,
  make: (written) =>
    Object.assign(new AppEntity(), writtenApp(written, null), OWN, { revision: 1, createdAt: now, updatedAt: now }),
  change: (row, written) => Object.assign(row, writtenApp(written, row)),
  view: appView,
  configuration: appConfiguration,
})
