// The shipped dispatcher, with a lease shorter than its settings allow, so that a test can wait for a lease to expire. Attempts must
// then be shorter, too.
import { runService } from '@hooklane/runtime'
import { readDispatcherSettings } from '../../../apps/dispatcher/dist/settings.js'
import { startDispatcher } from '../../../apps/dispatcher/dist/start-dispatcher.js'

const leaseTtlMs = Number(process.env['TEST_LEASE_TTL_MS'])
await runService('dispatcher', () => ({ ...readDispatcherSettings(), leaseTtlMs }), startDispatcher)
