import { isCredentialName, MASK, maskCredentialParameters, type SecretScrubber } from '@hooklane/core/secrets'
import { MAX_BODY_EXCERPT_BYTES, type SendOutcome, type WebhookResponse } from '@hooklane/core/delivery'

/** Maximum number of response header names remembered. Receivers choose the names, so there may be any number of them. */
const MAX_KNOWN_NAMES = 1_000

/**
 * Removes credentials from an outcome: the secrets of the subscription wherever the receiver repeats them, and the receiver's own
 * credentials in headers that exist to carry them (`Set-Cookie`). No part of an outcome leaves the process before it was scrubbed here. An
 * outcome without credentials stays the same object.
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

/** Whether the body may continue beyond the excerpt: the excerpt is at its limit, or the answer is not complete. */
function isBodyCut({ result, response }: SendOutcome): boolean {
  const isAnswered = 'status' in result && result.status !== null
  // The excerpt leaves out a character that the limit cuts in two, so it may end up to 3 bytes before the limit.
  return !isAnswered || Buffer.byteLength(response?.body ?? '') > MAX_BODY_EXCERPT_BYTES - 4
}
