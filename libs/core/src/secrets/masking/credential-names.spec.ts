import { describe, expect, it } from '@jest/globals'
import { isCredentialHeader, isCredentialName, looksSecret } from './credential-names.js'

/** The same name as people write it. */
const spellings = (name: string): readonly string[] => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', ''),
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
]

describe('names of credentials', () => {
  it.each([
    ...['authorization', 'x-authorisation', 'proxy-authorization', 'x-auth', 'auth', 'oauth-token', 'x-wp-auth'],
    ...['cookie', 'set-cookie', 'api-key', 'x-api-key', 'key', 'access-key', 'aws-access-key-id', 'private-key'],
    ...['x-functions-key', 'ocp-apim-subscription-key', 'license-key', 'signing-keys', 'x-shop-token', 'tokens'],
    ...['token', 'access-token', 'x-vault-token', 'bearer', 'jwt', 'id-token', 'x-csrf-token', 'csrf', 'xsrf'],
    ...['secret', 'client-secret', 'x-webhook-secret', 'password', 'passwd', 'db-pass', 'pass', 'passphrase', 'pwd'],
    ...['pw', 'pin', 'otp', 'code', 'sig', 'x-sig', 'signature', 'x-hub-signature', 'x-amz-signature', 'hmac', 'hash'],
    ...['x-shopify-hmac-sha256', 'credential', 'x-amz-credential', 'creds', 'session', 'session-id', 'phpsessid'],
    ...['jsessionid', 'sid', 'saml-response', 'client-assertion', 'ticket', 'auth[token]'],
  ])('%s is one, however it is spelt', (name) => {
    for (const spelling of spellings(name)) expect([spelling, isCredentialName(spelling)]).toEqual([spelling, true])
  })

  it.each([
    ...['x-shop', 'accept', 'content-type', 'x-author', 'authority', 'co-author', 'lang', 'page', 'q', 'keyword'],
    ...['x-keyboard', 'compass-id', 'passenger', 'x-country-code', 'hashtag', 'x-request-id', 'etag', 'designer'],
    ...['webhook-id', 'webhook-timestamp', 'webhook-signature', 'idempotency-key', 'pim-event', 'content-digest'],
    ...['www-authenticate', 'proxy-authenticate', 'authentication-info', 'access-control-allow-credentials'],
    ...['partition-key', 'sort-key', 'public-key', 'cache-key', 'surrogate-key', '', '-', '__proto__', 'constructor'],
  ])('%j is none', (name) => {
    for (const spelling of spellings(name)) expect([spelling, isCredentialName(spelling)]).toEqual([spelling, false])
  })

  it.each([
    ['X-Forwarded-For-Shop', 'Bearer eyJhbGciOi.x-y_z', true],
    ['X-Shop', 'basic dXNlcjpwYXNzd29yZA==', true],
    ['X-Callback', 'https://joe:s3cr3t@shop.example.com/x', true],
    ['X-Callback', 'https://shop.example.com/x:y@z', false],
    ['X-Plan', 'Basic', false],
    ['X-Note', 'Bearer of good news', false],
    ['X-Shop', 'de', false],
    ['Authorization', '', true],
  ])('the header %s: %s holds a credential: %s', (name, value, isCredential) => {
    expect(isCredentialHeader(name, value)).toBe(isCredential)
  })
})

describe('texts that look like secrets', () => {
  it.each([
    ...['T024BE7LD', 'B00000000', '550e8400-e29b-41d4-a716-446655440000', '7edecv6qvhiyj3bwz8tsxg3rrskvqpo1'],
    ...['CANARYPATH4711', 'XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX', 'a%2Fb%2Fc%2Fd', '123456789'],
  ])('%s does', (text) => {
    expect(looksSecret(text)).toBe(true)
  })

  it.each([
    '',
    'v1',
    'hooks',
    'shop-42',
    'catch',
    'product-updates',
    'webhooks.php',
    'incoming_webhooks',
    'productUpdates',
  ])('%j does not', (text) => {
    expect(looksSecret(text)).toBe(false)
  })
})
