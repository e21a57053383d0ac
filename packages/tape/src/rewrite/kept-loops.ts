/** Programs with what is kept of their loops, for one choice after another. */
import type { Program } from '../program/index.js'
import { mapPrograms, programsOf } from './inner.js'
import { Rewriting } from './keep.js'
import { hasReversals, type Kept, type Places, type Reversal, reversals } from './reversal.js'
import { simplify } from './simplify.js'

/** Chooses what to keep of loops that one run of the program runs so many times, about. */
export type Choose = (reversal: Reversal, times: number) => Kept | undefined

/**
 * Programs with their loops kept as chosen, also in the programs inside of instructions, which come first. Equal choices for
 * the same program give the same object, and what does not depend on choices is found out once.
 */
export class KeptLoops {
  readonly #known = new Map<Program, Known>()

  of(program: Program, choose: Choose, times = 1): Program {
    if (!this.#knownOf(program).concerned) return program
    const inner: Program[] = []
    for (const instruction of program.instructions) {
      mapPrograms(instruction, (one, turns) => {
        inner.push(this.of(one, choose, times * turns))
        return one
      })
    }
    const mapped = this.#mapped(program, inner)
    const { reversals, variants } = this.#knownOf(mapped)
    const kept = reversals.map(({ reversal }) => choose(reversal, times))
    const key = JSON.stringify(kept.map(one => one ?? null))
    const variant = variants.get(key) ?? rewritten(mapped, reversals, kept)
    variants.set(key, variant)
    return variant
  }

  /** The program with others inside. */
  #mapped(program: Program, inner: readonly Program[]): Program {
    const { mapped } = this.#knownOf(program)
    const known = mapped.find(one => one.inner.every((each, k) => each === inner[k]))
    if (known) return known.program
    let next = 0
    const instructions = program.instructions.map(instruction => {
      const before = next
      const own = programsOf(instruction)
      next += own.length
      if (own.every((one, k) => one === inner[before + k])) return instruction
      let at = before
      return mapPrograms(instruction, () => inner[at++] as Program)
    })
    const made = { inner, program: { ...program, instructions } }
    mapped.push(made)
    return made.program
  }

  #knownOf(program: Program): Known {
    const found = this.#known.get(program) ?? new Known(program)
    this.#known.set(program, found)
    return found
  }
}

/** What is known of a program. */
class Known {
  /** Whether it has reversals, or one inside of it does. */
  readonly concerned: boolean
  /** The program with others inside. */
  readonly mapped: { readonly inner: readonly Program[]; readonly program: Program }[] = []
  /** The program with its loops kept as chosen, by what was chosen. */
  readonly variants = new Map<string, Program>()
  readonly #program: Program
  #reversals: readonly Found[] | undefined

  constructor(program: Program) {
    this.#program = program
    this.concerned = hasReversals(program)
  }

  get reversals(): readonly Found[] {
    if (!this.#reversals) {
      const rewriting = new Rewriting(this.#program)
      this.#reversals = reversals(this.#program).map(places => ({
        places,
        reversal: rewriting.reversal(places),
      }))
    }
    return this.#reversals
  }
}

interface Found {
  readonly places: Places
  readonly reversal: Reversal
}

function rewritten(program: Program, found: readonly Found[], kept: readonly (Kept | undefined)[]): Program {
  const rewriting = new Rewriting(program)
  found.forEach(({ places, reversal }, k) => {
    const chosen = kept[k]
    if (chosen) rewriting.keep(places, reversal, chosen)
  })
  return simplify(rewriting.program)
}
