// Who may see what, against the program with callers checked: strangers, shoppers, operators, and those who may disclose.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { test } from 'node:test'
import { openDebugger, shot, showPersons, startDebugger, violations } from './debugger.mjs'
import { agreeOn } from './places.mjs'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'tillroll'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }

const debug = await startDebugger({
  env: { TILLROLL_ISSUER: ISSUER, TILLROLL_AUDIENCE: AUDIENCE, TILLROLL_JWKS: JSON.stringify({ keys: [key] }) },
})

/** A bearer token of somebody in these groups. */
const bearer = (/** @type {string} */ sub, /** @type {string[]} */ ...groups) => {
  const part = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const claims = { iss: ISSUER, aud: AUDIENCE, sub, exp, 'cognito:groups': groups }
  const said = `${part({ alg: 'ES256', kid: 'one', typ: 'JWT' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(said), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `Bearer ${said}.${signature.toString('base64url')}`
}

const SHOPPER = bearer('customer-4711')
const OPERATOR = bearer('ada', 'operators')
const DISCLOSER = bearer('grace', 'operators', 'disclosure')

/** @returns {Promise<any>} */
const ask = async (/** @type {string} */ path, /** @type {string} */ authorization, /** @type {unknown} */ body) => {
  const said = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await fetch(new URL(path, debug.tillroll.url), { ...said, headers })
  return response.json()
}

/** A cart that its shopper has taken over, so that strangers do not get to see it. */
const claimedCart = async () => {
  const cart = randomUUID()
  await ask('/carts', SHOPPER, { command_id: randomUUID(), cart_id: cart, currency: 'EUR' })
  const commands = [
    { type: 'AddItem', data: { item_name: 'Green tea', sku: 'tea', price: { minor: 250 } } },
    { type: 'ClaimCart', data: { owner_ref: 'customer-4711' } },
  ].map((one) => ({ ...one, command_id: randomUUID() }))
  const { version } = await ask(`/carts/${cart}/commands`, SHOPPER, { commands })
  assert.equal(version, 3)
  return cart
}

/** Opens a page as somebody; null for nobody. */
const open = (
  /** @type {import('node:test').TestContext} */ t,
  /** @type {string} */ path,
  /** @type {string | null} */ authorization,
) =>
  openDebugger(t, debug, path, {
    allow: [/40[13]/],
    ...(authorization ? { extraHTTPHeaders: { authorization } } : {}),
  })

const denied = (/** @type {import('playwright-core').Page} */ page) =>
  page.getByRole('heading', { name: 'This is for operators' }).first()

test('who is not signed in is told so on every screen, and not whether a cart exists', async (t) => {
  const cart = await claimedCart()
  for (const [path, name] of /** @type {const} */ ([
    ['', 'carts'],
    [`cart/${cart}`, 'timeline'],
    ['pipeline', 'pipeline'],
  ])) {
    const page = await open(t, path, null)
    await denied(page).waitFor()
    assert.match(String(await page.locator('main').textContent()), /nobody is signed in.*401 token_needed/s, name)
    assert.deepEqual(await violations(page), [], name)
    await shot(page, `${name}-denied-light`)
  }
  const texts = []
  for (const id of [cart, randomUUID()]) {
    const page = await open(t, `cart/${id}`, null)
    await denied(page).waitFor()
    texts.push(String(await page.locator('main').textContent()).replaceAll(id, ''))
  }
  assert.equal(texts[0], texts[1], 'nothing tells a foreign cart from none')
})

test('a shopper sees their own cart, and nothing of the shop', async (t) => {
  const cart = await claimedCart()
  await agreeOn(await open(t, `cart/${cart}?v=3`, SHOPPER), 3)
  for (const path of ['', 'pipeline', 'letters', 'replays']) {
    const page = await open(t, path, SHOPPER)
    await denied(page).waitFor()
    assert.match(String(await page.locator('main').textContent()), /not in the operators' group/, path)
  }
  const page = await open(t, `cart/${cart}`, bearer('somebody-else'))
  await denied(page).waitFor()
  await page.getByText('403 not_an_operator').waitFor()
})

test('an operator sees every cart, with persons masked, and is told which permission shows them', async (t) => {
  const cart = await claimedCart()
  const page = await open(t, `cart/${cart}?v=3&state=raw`, OPERATOR)
  await agreeOn(page, 3)
  const dialog = await showPersons(page, 'ticket 4711')
  await dialog.getByRole('alert').waitFor()
  assert.match(String(await dialog.getByRole('alert').textContent()), /TILLROLL_DISCLOSURE_GROUP/)
  assert.deepEqual(await violations(page), [])
  await shot(page, 'timeline-disclosure-denied-light')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.doesNotMatch(String(await page.locator('body').textContent()), /customer-4711/)
  const { operations } = await ask('/operations', OPERATOR, undefined)
  assert.deepEqual(operations, [], 'and nothing is recorded of what was not shown')
})

test('who may disclose says why by keys alone, and the log has who, when, which cart and why', async (t) => {
  const cart = await claimedCart()
  const page = await open(t, `cart/${cart}?v=3&state=raw`, DISCLOSER)
  await agreeOn(page, 3)
  await page.getByRole('button', { name: 'Personal data' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'Why' }).focus()
  await page.keyboard.type('ticket 4712')
  await page.keyboard.press('Enter')
  await page.getByText('Taken over by customer-4711').first().waitFor()
  await page.getByText('shown, and recorded').waitFor()
  const { operations } = await ask('/operations', OPERATOR, undefined)
  const [{ kind, by, reason, subject }] = operations
  assert.deepEqual(
    { kind, by, reason, subject },
    {
      kind: 'disclose',
      by: 'grace',
      reason: 'ticket 4712',
      subject: { cart_id: cart },
    },
  )
  await page.reload()
  await agreeOn(page, 3)
  assert.doesNotMatch(String(await page.locator('body').textContent()), /customer-4711/, 'masked again')
})
