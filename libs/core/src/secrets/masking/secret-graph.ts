import { inWindows1252, isAscii, legacyBytesOf } from './legacy-charsets.js'

/** Stands for a character that was escaped by a name that we do not know, such as `&uuml;`. */
export const ANY = '\uffff'
/** Stands for a character that could not be decoded (a lost character). Some programs write a question mark instead. */
export const LOST = '\ufffd'

export interface GraphNode {
  /** A character as it is read from a text, folded (see `PatternSet`) → the nodes to which it leads. */
  readonly edges: ReadonlyMap<string, readonly number[]>
  /** Nodes to which this node leads without a character. A node has either edges or jumps. */
  readonly jumps: readonly number[]
}

/**
 * All spellings of a secret, without escapes, as a graph. A spelling is a way from node 0 to the end, the node after the last one in
 * `nodes`. Edges and jumps lead to higher nodes only.
 *
 * Each character beyond ASCII can be spelled in several ways, independently of the others: in another normal form, in the bytes of some
 * charset (one character per byte), or as a lost character. A list of all spellings would double with each such character; the graph only
 * grows by a few nodes.
 */
export interface SecretGraph {
  /** The ASCII characters that the secret begins with. Their nodes are not in `nodes`: character n leads from node n to node n + 1. */
  readonly head: string
  /** The nodes from number `head.length` on, without the end, which leads nowhere. */
  readonly nodes: readonly GraphNode[]
  /** Minimum number of characters of the secret that a text must show; the others may be lost. */
  readonly minSure: number
  /** The longest run of ASCII characters in the secret. Every spelling contains it. */
  readonly core: string
}

/** Whether a character can be escaped by a name. */
export const mayBeNamed = (character: string): boolean => !/^[A-Za-z0-9]$/.test(character)

/** @param minSure fewer characters than this do not give the secret away */
export function graphOf(secret: string, fold: (text: string) => string, minSure: number): SecretGraph {
  if (isAscii(secret)) return { head: fold(secret), nodes: [], minSure: 0, core: fold(secret) }
  const letters = Array.from(new Intl.Segmenter().segment(secret), ({ segment }) => segment)
  const beyond = letters.findIndex((letter) => !isAscii(letter))
  const head = fold(letters.slice(0, beyond).join(''))
  const builder = new GraphBuilder(head.length, fold)
  for (const letter of letters.slice(beyond)) builder.append(letter)
  const pieces = fold(letters.map((letter) => (isAscii(letter) ? letter : '\n')).join('')).split('\n')
  const core = pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest))
  return { head, nodes: builder.nodes, minSure: Math.min(minSure, letters.length - 1), core }
}

interface GrowingNode {
  readonly edges: Map<string, readonly number[]>
  readonly jumps: number[]
}

/** The characters that may be read at one step of a spelling. */
type Step = readonly string[]

class GraphBuilder {
  private readonly built: GrowingNode[] = []
  private lostBefore: number | null = null

  constructor(
    private readonly first: number,
    private readonly fold: (text: string) => string,
  ) {
    this.addNode()
  }

  /** All nodes except the end. */
  get nodes(): readonly GraphNode[] {
    return this.built.slice(0, -1)
  }

  append(letter: string): void {
    const begin = this.first + this.built.length - 1
    const ends = formsOf(letter).map((form) => {
      let node = begin
      for (const character of form) {
        node = this.connect(node, this.spellingsOf(character))
      }
      return node
    })
    const lost = isAscii(letter) ? null : this.addLost(begin)
    this.lostBefore = lost
    const end = this.addNode()
    for (const node of lost === null ? ends : [...ends, lost]) this.at(node).jumps.push(end)
  }

  /** A run of lost characters stands for one or more letters, because decoders differ in how many bytes become one lost character. */
  private addLost(begin: number): number {
    const lost = this.addNode()
    this.addEdges(begin, [LOST], lost)
    if (this.lostBefore !== null) this.at(this.lostBefore).jumps.push(lost)
    return lost
  }

  /** Adds a path for each spelling. Returns the new node at which all paths end. */
  private connect(from: number, spellings: readonly (readonly Step[])[]): number {
    const last = spellings.map((steps) => {
      let node = from
      for (const step of steps.slice(0, -1)) {
        const to = this.addNode()
        this.addEdges(node, step, to)
        node = to
      }
      return { node, step: steps.at(-1) ?? [] }
    })
    const end = this.addNode()
    for (const { node, step } of last) this.addEdges(node, step, end)
    return end
  }

  private spellingsOf(character: string): readonly (readonly Step[])[] {
    const named = mayBeNamed(character) ? [ANY] : []
    const folded = this.fold(character)
    if (isAscii(character)) return [[[folded, ...named]]]
    const units = folded.length === 1 ? [] : [folded.split('').map((unit) => [unit])]
    const legacy = legacyBytesOf(character).flatMap((bytes) => [this.bytesOf(bytes), ...this.misreadAsUtf8(bytes)])
    const utf8 = Buffer.from(character, 'utf8').toString('latin1')
    return [[[folded, LOST, ...named]], ...units, this.bytesOf(utf8), ...legacy]
  }

  /** The spelling of a character as bytes: each byte was escaped and is now resolved, or was misread as Latin-1 or windows-1252. */
  private bytesOf(bytes: string): readonly Step[] {
    return bytes.split('').map((byte) => {
      const misread = inWindows1252(byte.charCodeAt(0))
      return [...new Set([byte, ...(misread === '' ? [] : [misread])].map((one) => this.fold(one)))]
    })
  }

  /**
   * The spelling of a character whose bytes were misread as UTF-8. None when all bytes were lost, because that is the spelling as a lost
   * character.
   */
  private misreadAsUtf8(bytes: string): readonly (readonly Step[])[] {
    const text = this.fold(Buffer.from(bytes, 'latin1').toString('utf8'))
    return text.replaceAll(LOST, '') === '' ? [] : [Array.from(text.replace(/\ufffd+/g, LOST), (one) => [one])]
  }

  private addEdges(from: number, step: Step, to: number): void {
    const { edges } = this.at(from)
    for (const character of step) edges.set(character, [...(edges.get(character) ?? []), to])
  }

  private addNode(): number {
    this.built.push({ edges: new Map(), jumps: [] })
    return this.first + this.built.length - 1
  }

  private at(node: number): GrowingNode {
    const found = this.built[node - this.first]
    if (!found) throw new Error(`no node ${node}`)
    return found
  }
}

/** The forms of a letter with its marks: its normal forms, and its upper and lower case, which may have several letters (`ß`, `SS`). */
const formsOf = (letter: string): readonly string[] => [
  ...new Set([
    letter,
    ...(['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) => letter.normalize(form)),
    letter.toUpperCase(),
    letter.toLowerCase(),
  ]),
]
