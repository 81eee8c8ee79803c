/**
 * Common words in the paths and parameters of webhook URLs, in the singular. They are not masked in responses. Too few: common words are
 * masked. Too many: a secret that consists only of such words is shown when a response repeats it without the rest of the path.
 */
const ORDINARY: ReadonlySet<string> = new Set(
  [
    'access account action admin alert api app application asset attribute automation backend base batch brand bridge bulk call callback',
    'catalog catalogue category catch channel client collection commerce company config connect connection connector consumer',
    'content create created custom customer data default delete deleted delivery demo dev development ecommerce endpoint entity entry',
    'environment event export external family file flow function gateway generic group handle handler hook import inbound incoming',
    'instance integration internal inventory invoke item job json language listen listener live local locale main manual market media',
    'message middleware notification notify notifier object online option order organisation organization outbound parameter partner',
    'pim platform plugin portal price pricing private process product production project proxy public publish push queue receive receiver',
    'record region release remote request resource response rest result run sale sandbox schedule search secure server service shop source',
    'space stage staging standard status stock storage store storefront stream subscriber subscription supplier sync synchronisation',
    'synchronization system target task team tenant test testing trigger update updated upload user variant vendor version warehouse web',
    'webhook website workflow workspace',
  ].flatMap((line) => line.split(' ')),
)

/** Minimum length of a word. Shorter parts of a text are abbreviations and numbers (`v1`, `eu`, `42`). */
const MIN_WORD_LENGTH = 4
/** Maximum total length of the abbreviations and numbers of an ordinary text. More could be a secret in pieces. */
const MAX_SHORT_LENGTH = 4
const PARTS = /^[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*$/

/** Whether a text consists of common words and at most a few characters of abbreviations and numbers: `product-updates`, `webhooksV2`. */
export function isOrdinary(text: string): boolean {
  if (!PARTS.test(text)) return false
  const parts = text.split(/[-_.]|(?<=[a-z])(?=[A-Z])/)
  const words = parts.filter((part) => part.length >= MIN_WORD_LENGTH)
  const short = parts.filter((part) => part.length < MIN_WORD_LENGTH)
  return short.join('').length <= MAX_SHORT_LENGTH && words.every((word) => isWord(word.toLowerCase()))
}

/** Whether a word, or its singular, is an ordinary one. */
const isWord = (word: string): boolean =>
  [word, word.replace(/s$/, ''), word.replace(/ies$/, 'y')].some((one) => ORDINARY.has(one))
