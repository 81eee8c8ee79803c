const COLUMNS = [
  'name:en',
  'slug:en',
  'description:en',
  'name:de',
  'slug:de',
  'description:de',
  'assets',
  'facets:en',
  'facets:de',
  'optionGroups:en',
  'optionGroups:de',
  'optionValues:en',
  'optionValues:de',
  'sku',
  'price',
  'taxCategory',
  'stockOnHand',
  'trackInventory',
  'variantAssets',
  'variantFacets:en',
  'variantFacets:de',
]

/** Each size in English and in German. */
const SIZES = ['small/klein', 'medium/mittel', 'large/groß'].map((pair) => pair.split('/'))

/**
 * Returns a file for Vendure's importer: products in two languages with one, two or three variants each, without images.
 *
 * @param {{ from: number, count: number }} range - The products' numbers.
 */
export function writeProductsCsv({ from, count }) {
  const rows = Array.from({ length: count }, (_, index) => rowsOf(from + index)).flat()
  return [COLUMNS, ...rows].map((row) => row.map(quote).join(',')).join('\n')
}

/**
 * The first row holds the product and its first variant; each further row holds one more variant.
 *
 * @param {number} number
 * @returns {string[][]}
 */
function rowsOf(number) {
  const sizes = SIZES.slice(0, 1 + (number % 3))
  const hasOptions = sizes.length > 1
  const product = [
    `Chair ${number}`,
    `chair-${number}`,
    `Chair number ${number}, "solid", oiled`,
    `Stuhl ${number}`,
    `stuhl-${number}`,
    `Stuhl Nummer ${number}, geölt`,
    '',
    'Material:Oak',
    'Material:Eiche',
    hasOptions ? 'Size' : '',
    hasOptions ? 'Größe' : '',
  ]
  return sizes.map(([english = '', german = ''], index) => [
    ...(index === 0 ? product : product.map(() => '')),
    hasOptions ? english : '',
    hasOptions ? german : '',
    `CHAIR-${number}-${index + 1}`,
    `${100 + number}.${String(index * 25).padStart(2, '0')}`,
    'Standard Tax',
    String((number * 7 + index) % 40),
    index === 1 ? 'false' : 'true',
    '',
    '',
    '',
  ])
}

/** @param {string} text */
const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
