/**
 * The only way to reach receivers. Proxies from the environment (`HTTP_PROXY`, `HTTPS_PROXY`) are never used, because they would bypass the
 * address guard; the settings of the services refuse them at start.
 */
export { addressClassifier, isPublicAddress } from './targets/address-classifier.js'
export { InvalidAllowTargets, NO_ALLOWED_TARGETS, parseAllowTargets } from './targets/allow-targets.js'
export { checkTarget } from './targets/check-target.js'
export { CaresHostResolver, systemHostResolver, type HostResolver } from './connecting/host-resolver.js'
export { dial, type Dial, type DialTarget } from './connecting/dial.js'
export { AddressBlocked, NameNotResolved } from './connecting/connection-errors.js'
export { type Failure, type FailureCode } from './sending/failure.js'
export { HttpWebhookSender, type WebhookSenderOptions } from './sending/http-webhook-sender.js'
