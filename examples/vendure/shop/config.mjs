import { DefaultLogger, LanguageCode, LogLevel } from '@vendure/core'

/** @param {string} name */
function required(name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

/**
 * Vendure's core alone: no plugin, no worker, no files.
 *
 * @type {Partial<import('@vendure/core').VendureConfig>}
 */
export const config = {
  apiOptions: {
    hostname: '127.0.0.1',
    port: Number(required('SHOP_PORT')),
    cors: false,
  },
  authOptions: {
    tokenMethod: 'bearer',
    superadminCredentials: { identifier: required('SHOP_USER'), password: required('SHOP_PASSWORD') },
  },
  dbConnectionOptions: {
    type: 'postgres',
    url: required('VENDURE_DATABASE_URL'),
    // Creates the tables. A real shop has migrations.
    synchronize: true,
  },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  paymentOptions: { paymentMethodHandlers: [] },
}

/**
 * The data that every catalogue needs before its first price.
 *
 * @type {import('@vendure/core').InitialData}
 */
export const initialData = {
  defaultLanguage: LanguageCode.en,
  defaultZone: 'Europe',
  countries: [
    { code: 'DE', name: 'Germany', zone: 'Europe' },
    { code: 'DK', name: 'Denmark', zone: 'Europe' },
  ],
  taxRates: [{ name: 'Standard Tax', percentage: 25 }],
  shippingMethods: [],
  paymentMethods: [],
  collections: [],
}
