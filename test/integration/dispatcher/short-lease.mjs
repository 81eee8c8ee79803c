// The shipped dispatcher, with a lease shorter than its settings allow, so that a test can wait for a lease to expire. The test must
// also shorten the time limit of attempts, because the dispatcher starts no attempt that can outlive the lease.
import { runService } from '@hooklane/runtime'
import { readDispatcherSettings } from '../../../apps/dispatcher/dist/settings.js'
import { startDispatcher } from '../../../apps/dispatcher/dist/start-dispatcher.js'

const leaseTtlMs = Number(process.env['TEST_LEASE_TTL_MS'])
await runService('dispatcher', () => ({ ...readDispatcherSettings(), leaseTtlMs }), startDispatcher)
