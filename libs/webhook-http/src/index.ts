export { addressClassifier, isPublicAddress } from './address/address-classifier.js'
export { InvalidAllowTargets, NO_ALLOWED_TARGETS, parseAllowTargets } from './address/allow-targets.js'
export { checkTarget } from './address/check-target.js'
