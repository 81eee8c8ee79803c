import { ANY, LOST, mayBeNamed, type GraphNode, type SecretGraph } from './secret-graph.js'

/** One way to read the character at a place in a text, folded: as it is written, or as an escape that begins there. */
export interface Reading {
  readonly character: string
  /** Index in the text at which the next character begins. */
  readonly next: number
  /** Where the next different character begins, if this character stands for a lost one. Otherwise the same as `next`. */
  readonly runEnd: number
}

/** An index in a text. The characters before it were read as a part of a secret. */
export interface Place {
  readonly at: number
  /** How many characters of the part were read and not lost. */
  readonly sure: number
}

const NOWHERE: readonly Place[] = []

/**
 * Follows the readings of a text through the graph of a secret. The caller follows the nodes in ascending order, because edges and jumps
 * lead to higher nodes only.
 */
export class GraphWalk {
  /** The highest node reached so far. */
  highest = 0
  private readonly reached: (Place[] | undefined)[] = []

  /** @param step counts the steps of the search; throws when there are too many */
  constructor(
    private readonly graph: SecretGraph,
    private readonly step: (count: number) => void,
  ) {}

  /**
   * The places at which the node was reached. Others may be added while the node is followed. Empty for a node with jumps: `enter` follows
   * them at once.
   */
  placesOf(node: number): readonly Place[] {
    return this.isPassedOver(node) ? NOWHERE : (this.reached[node] ?? NOWHERE)
  }

  enter(node: number, place: Place): void {
    const places = this.reached[node]
    this.step(places ? places.length : 1)
    if (!places) this.reached[node] = [place]
    else if (places.some(({ at, sure }) => at === place.at && sure >= place.sure)) return
    else places.push(place)
    if (this.isPassedOver(node)) for (const jump of this.nodeAt(node)?.jumps ?? []) this.enter(jump, place)
    else if (node > this.highest) this.highest = node
  }

  follow(node: number, reading: Reading, sure: number): void {
    const { head } = this.graph
    const { character, next, runEnd } = reading
    if (node < head.length) {
      const wanted = head.charAt(node)
      const isWanted = character === wanted || (character === ANY && mayBeNamed(wanted))
      if (isWanted) this.enter(node + 1, { at: next, sure: sure + 1 })
      return
    }
    if (character !== LOST) this.enterAll(node, character, { at: next, sure: sure + 1 })
    if (isLost(character)) this.enterAll(node, LOST, { at: runEnd, sure })
  }

  private enterAll(from: number, character: string, place: Place): void {
    for (const to of this.nodeAt(from)?.edges.get(character) ?? []) this.enter(to, place)
  }

  private isPassedOver(node: number): boolean {
    return this.nodeAt(node)?.edges.size === 0
  }

  private nodeAt(node: number): GraphNode | undefined {
    const index = node - this.graph.head.length
    return index < 0 ? undefined : this.graph.nodes[index]
  }
}

/** Whether a character may stand for one that could not be decoded. */
export const isLost = (character: string): boolean => character === LOST || character === '?'
