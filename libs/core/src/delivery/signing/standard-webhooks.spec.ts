import { describe, expect, it } from '@jest/globals'
import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import {
  InvalidSigningSecret,
  contentDigest,
  newSigningSecret,
  signV1,
  signatureHeader,
  signingKeyOf,
} from './standard-webhooks.js'

describe('standard webhooks signature', () => {
  it.each([
    [
      'whsec_cGltLXdlYmhvb2tzLXRlc3Qtc2VjcmV0LTAxMjM0NTY=',
      'msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C',
      1772439304,
      '{"type":"ping","timestamp":"2026-03-02T08:15:04.211Z","data":{}}',
      'v1,003ssE3k+orXwMmsEVEcJtMpsWjLvd/UsrIfUqCbD3Y=',
    ],
    [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    ],
    [
      'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      1649367553,
      '{"email":"test@example.com","username":"test_user"}',
      'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    ],
  ])('%s signs the published vector', (secret, id, timestampSeconds, body, signature) => {
    expect(signV1(signingKeyOf(secret), { id, timestampSeconds, body: Buffer.from(body) })).toBe(signature)
  })

  it('is the HMAC of the runtime for every key and body', () => {
    const key = fc.uint8Array({ minLength: 24, maxLength: 64 })
    const body = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(key, fc.string(), body, (keyBytes, id, bodyBytes) => {
        const signature = createHmac('sha256', keyBytes).update(`${id}.1614265330.`).update(bodyBytes).digest('base64')
        const signingKey = signingKeyOf(`whsec_${Buffer.from(keyBytes).toString('base64')}`)
        const content = { id, timestampSeconds: 1614265330, body: Buffer.from(bodyBytes) }
        expect(signV1(signingKey, content)).toBe(`v1,${signature}`)
      }),
    )
  })

  it('an independent verifier accepts any body, with each of two secrets while rotating', () => {
    const secrets = [newSigningSecret(), newSigningSecret()]
    const timestampSeconds = Math.floor(Date.now() / 1000)
    for (const body of ['{}', '{"name":"Tischlampe ☕ \\ud83d"}', `{"x":"${randomBytes(500).toString('hex')}"}`]) {
      const content = { id: 'msg_1', timestampSeconds, body: Buffer.from(body) }
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signatureHeader(secrets.map(signingKeyOf), content),
      }
      for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      expect(() => new Webhook(newSigningSecret()).verify(body, headers)).toThrow()
    }
  })

  it.each([
    '',
    'whsec_',
    'cGltLXdlYmhvb2tzLXRlc3Qtc2VjcmV0LTAxMjM0NTY=',
    'whsec_c2hvcnQ=',
    'whsec_!!!!',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_',
    `whsec_${Buffer.alloc(65).toString('base64')}`,
  ])('%j is no secret, and is not repeated in the error', (secret) => {
    expect(() => signingKeyOf(secret)).toThrow(InvalidSigningSecret)
    expect(() => signingKeyOf(secret)).toThrow(
      /^not a signing secret: it must be whsec_ followed by the base64 encoding of 24 to 64 bytes$/,
    )
  })

  it('the content digest is the one of RFC 9530', () => {
    expect(contentDigest(Buffer.from('{"hello": "world"}\n'))).toBe(
      'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
    )
  })
})
