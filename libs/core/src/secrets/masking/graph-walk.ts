import { ANY, LOST, mayBeNamed, type GraphNode, type SecretGraph } from './secret-graph.js'

/** A folded character as it is read from a text. */
export interface Reading {
  readonly character: string
  /** Where the next character begins. */
  readonly next: number
  /** Where the next other character begins, if this one stands for a lost one. Otherwise the same as `next`. */
  readonly runEnd: number
}

/** A place in a text to which readings of a part of a secret lead. */
export interface Place {
  readonly at: number
  /** How many characters of the part were not lost, at most. */
  readonly sure: number
}

const NOWHERE: readonly Place[] = []

/** The nodes of a graph that the readings of a text lead to. Nodes are visited in their order: every way leads to higher ones. */
export class GraphWalk {
  /** The highest node reached so far. */
  highest = 0
  private readonly reached: (Place[] | undefined)[] = []

  /** @param step counts what is done; throws when it is too much */
  constructor(
    private readonly graph: SecretGraph,
    private readonly step: (count: number) => void,
  ) {}

  /** Grows while the node is followed. Nothing is read at a node with jumps. */
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

/** Whether a character may stand for a lost one. */
export const isLost = (character: string): boolean => character === LOST || character === '?'
