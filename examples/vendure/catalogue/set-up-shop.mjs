/** @typedef {import('../shop/admin-api.mjs').AdminApi} AdminApi */

/**
 * Ids that the changes of the catalogue refer to.
 *
 * @typedef {object} ShopFacts
 * @property {{ id: string, token: string }[]} channels - The default channel first.
 * @property {{ id: string, token: string }} outlet - A channel that sells part of the range at its own prices.
 * @property {{ store: string, warehouse: string, popUp: string }} stockLocations
 */

const LANGUAGES = ['en', 'de']
const CURRENCIES = ['EUR', 'USD']

/**
 * Adds a second language, a second currency, a second channel and two more stock locations (three in all).
 *
 * @param {AdminApi} api
 * @returns {Promise<ShopFacts>}
 */
export async function setUpShop(api) {
  await api.call(
    'mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { __typename } }',
    {
      input: { availableLanguages: LANGUAGES },
    },
  )
  const zones = await api.call('{ zones { items { id } } }')
  const shared = {
    availableLanguageCodes: LANGUAGES,
    availableCurrencyCodes: CURRENCIES,
    defaultCurrencyCode: 'EUR',
    pricesIncludeTax: false,
    defaultTaxZoneId: zones.items[0].id,
    defaultShippingZoneId: zones.items[0].id,
  }
  const channels = await api.call('{ channels { items { id token } } }')
  const [main] = channels.items
  await api.call(
    'mutation ($input: UpdateChannelInput!) { updateChannel(input: $input) { ... on Channel { id } ... on ErrorResult { errorCode message } } }',
    { input: { id: main.id, ...shared } },
  )
  const outlet = await api.call(
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ... on Channel { id token } ... on ErrorResult { errorCode message } } }',
    { input: { code: 'outlet', token: 'outlet-channel', defaultLanguageCode: 'en', ...shared } },
  )
  const locations = await api.call('{ stockLocations { items { id } } }')
  return {
    channels: [main, outlet],
    outlet,
    stockLocations: {
      store: locations.items[0].id,
      warehouse: await createStockLocation(api, 'Warehouse'),
      popUp: await createStockLocation(api, 'Pop-up shop'),
    },
  }
}

/** @param {AdminApi} api @param {string} name @returns {Promise<string>} */
async function createStockLocation(api, name) {
  const document = 'mutation ($input: CreateStockLocationInput!) { createStockLocation(input: $input) { id } }'
  const { id } = await api.call(document, { input: { name } })
  return id
}
