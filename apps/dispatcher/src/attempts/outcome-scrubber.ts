import { isCredentialName, MASK, maskCredentialParameters, type SecretScrubber } from '@hooklane/core/access'
import { MAX_BODY_EXCERPT_BYTES, type SendOutcome, type WebhookResponse } from '@hooklane/core/delivery'

/** Names of response headers that are remembered. Receivers choose them: they may be without number. */
const MAX_KNOWN_NAMES = 1_000

/**
 * Takes out of an outcome what opens a door: the secrets of the subscription wherever the receiver repeats them, and credentials of the
 * receiver's own in headers that are made for them (`Set-Cookie`). Nothing of an outcome leaves the process before it was here. An outcome
 * that holds nothing of the kind stays the same object.
 */
export class OutcomeScrubber {
  private readonly knownNames = new Map<string, boolean>()

  scrubbed(outcome: SendOutcome, scrubber: SecretScrubber): SendOutcome {
    const { error } = outcome
    const response = outcome.response && this.response(outcome.response, isBodyCut(outcome), scrubber)
    const message = error && scrubber.scrub(error.message)
    if (response === outcome.response && message === (error?.message ?? null)) return outcome
    return { ...outcome, response, error: error && { code: error.code, message: message ?? error.message } }
  }

  private response(response: WebhookResponse, isCut: boolean, scrubber: SecretScrubber): WebhookResponse {
    const body = isCut ? scrubber.scrubCut(response.body) : scrubber.scrub(response.body)
    const headers = this.headers(response.headers, scrubber)
    if (body === response.body && headers === response.headers) return response
    return { status: response.status, headers, body }
  }

  private headers(headers: WebhookResponse['headers'], scrubber: SecretScrubber): WebhookResponse['headers'] {
    let isChanged = false
    const scrubbed: [name: string, value: string][] = []
    for (const [name, value] of Object.entries(headers)) {
      const shownName = scrubber.scrub(name)
      const shownValue = this.isCredential(name)
        ? MASK
        : scrubber.scrub(name === 'location' ? maskCredentialParameters(value) : value)
      isChanged ||= shownName !== name || shownValue !== value
      scrubbed.push([shownName, shownValue])
    }
    return isChanged ? Object.fromEntries(scrubbed) : headers
  }

  private isCredential(name: string): boolean {
    const known = this.knownNames.get(name)
    if (known !== undefined) return known
    if (this.knownNames.size >= MAX_KNOWN_NAMES) this.knownNames.clear()
    const isCredential = isCredentialName(name)
    this.knownNames.set(name, isCredential)
    return isCredential
  }
}

/** Whether the receiver's body may go on behind what was kept of it: at the limit of the excerpt, or where the connection ended before the answer did. */
function isBodyCut({ result, response }: SendOutcome): boolean {
  const isAnswered = 'status' in result && result.status !== null
  // A character cut in two is left out of the excerpt.
  return !isAnswered || Buffer.byteLength(response?.body ?? '') > MAX_BODY_EXCERPT_BYTES - 4
}
