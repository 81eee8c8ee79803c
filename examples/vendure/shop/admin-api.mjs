/** Time limit of a call: long enough for the import of a file. Node's own HTTP client does not wait longer, either. */
const CALL_LIMIT_MS = 300_000

/**
 * A client of Vendure's GraphQL admin API. Vendure reports many errors in the data of an answer; this client throws all of them.
 */
export class AdminApi {
  #url
  #signal
  #token = ''

  /**
   * @param {string} url
   * @param {AbortSignal} signal - Aborts the calls under way.
   */
  constructor(url, signal) {
    this.#url = url
    this.#signal = signal
  }

  /** @param {{ user: string, password: string }} login */
  async login({ user, password }) {
    await this.call(
      `mutation ($user: String!, $password: String!) {
        login(username: $user, password: $password) { ... on CurrentUser { id } ... on ErrorResult { errorCode message } }
      }`,
      { user, password },
    )
  }

  /**
   * @param {string} document - One query or mutation with one field at its root.
   * @param {Record<string, unknown>} [variables]
   * @param {{ channelToken?: string }} [options] - The channel of the call; by default the default channel.
   * @returns {Promise<any>} the value of that field
   */
  call(document, variables = {}, { channelToken } = {}) {
    return this.#post(JSON.stringify({ query: document, variables }), {
      'content-type': 'application/json',
      ...(channelToken === undefined ? {} : { 'vendure-token': channelToken }),
    })
  }

  /**
   * Imports products from a file (`importProducts`, a GraphQL multipart request).
   *
   * @param {string} csv
   * @returns {Promise<{ processed: number, imported: number, errors: string[] | null }>}
   */
  importProducts(csv) {
    const query = 'mutation ($file: Upload!) { importProducts(csvFile: $file) { processed imported errors } }'
    const form = new FormData()
    form.set('operations', JSON.stringify({ query, variables: { file: null } }))
    form.set('map', JSON.stringify({ 0: ['variables.file'] }))
    form.set('0', new Blob([csv], { type: 'text/csv' }), 'products.csv')
    return this.#post(form, { 'apollo-require-preflight': 'true' })
  }

  /**
   * @param {string | FormData} body
   * @param {Record<string, string>} headers
   */
  async #post(body, headers) {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { ...headers, ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }) },
      body,
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(CALL_LIMIT_MS)]),
    })
    this.#token = response.headers.get('vendure-auth-token') ?? this.#token
    const { data, errors } = /** @type {any} */ (await response.json())
    if (errors) throw new AdminApiError(errors[0].message)
    const [answer] = Object.values(data)
    for (const one of Array.isArray(answer) ? answer : [answer]) {
      if (one?.errorCode) throw new AdminApiError(`${one.errorCode}: ${one.message}`)
      if (one?.result === 'NOT_DELETED') throw new AdminApiError(`not deleted: ${one.message}`)
    }
    return answer
  }
}

/** Vendure understood the call and refused it. */
export class AdminApiError extends Error {}
