import { ANY, LOST, mayBeNamed, type SecretGraph } from './secret-graph.js'

/** Where the next character may begin → how many of the earlier ones were not lost, at most. */
export type Places = Map<number, number>

/** A character as it is read from a text, and where the next one begins. */
export interface Reading {
  readonly character: string
  readonly next: number
}

/** The nodes of a graph that the readings of a text lead to. Nodes are visited in their order: every way leads to higher ones. */
export class GraphWalk {
  private readonly reached = new Map<number, Places>()

  constructor(private readonly graph: SecretGraph) {}

  placesOf(node: number): Places | undefined {
    return this.reached.get(node)
  }

  enter(node: number, place: number, sure: number): void {
    const found = this.nodeAt(node)
    if (found?.edges.size === 0) {
      for (const jump of found.jumps) this.enter(jump, place, sure)
      return
    }
    const places = this.reached.get(node)
    if (!places) this.reached.set(node, new Map([[place, sure]]))
    else if ((places.get(place) ?? -1) < sure) places.set(place, sure)
  }

  /** @param runEnd where the run of the same characters ends that the reading begins */
  follow(node: number, { character, next }: Reading, { sure, runEnd }: { sure: number; runEnd: number }): void {
    const { head } = this.graph
    if (node < head.length) {
      const wanted = head.charAt(node)
      if (character === wanted || (character === ANY && mayBeNamed(wanted))) this.enter(node + 1, next, sure + 1)
      return
    }
    const edges = this.nodeAt(node)?.edges
    for (const to of edges?.get(character) ?? []) {
      if (character !== LOST) this.enter(to, next, sure + 1)
    }
    if (character === LOST || character === '?') {
      for (const to of edges?.get(LOST) ?? []) this.enter(to, runEnd, sure)
    }
  }

  private nodeAt(node: number): SecretGraph['nodes'][number] | undefined {
    return this.graph.nodes[node - this.graph.head.length]
  }
}
