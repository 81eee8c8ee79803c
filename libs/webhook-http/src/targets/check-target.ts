import { checkTargetUrl, type AllowedTargets, type TargetCheck } from '@hooklane/core/delivery'
import { addressClassifier } from './address-classifier.js'

/** `checkTargetUrl` with its dependencies: returns whether this URL may be stored and called, and its normalised form. */
export function checkTarget(raw: string, allowTargets: AllowedTargets): TargetCheck {
  return checkTargetUrl(raw, { allowTargets, classifier: addressClassifier })
}
