/**
 * Calls the REST API of a local system as its operator.
 *
 * @param {{ apiUrl: string, operatorKey: string }} stack
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [company] the company the call is for
 * @returns {Promise<any>} the response body
 * @throws an error with the status and the problem details when the response is not a success
 */
export async function callApi(stack, method, path, body, company) {
  const response = await fetch(`${stack.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stack.operatorKey}`,
      ...(company === undefined ? {} : { 'hooklane-company': company }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}
