import { Arena } from '../run/index.js'

/** Arenas without a budget that no recording uses, since engines allow only a few hundred memories at a time. */
const spare: Arena[] = []

/** A larger one is given up, so that its bytes are collected. */
const SPARE_BYTES = 2 ** 26
const SPARE_COUNT = 4

/** An arena without a budget for a recording, which others leave alone until it is given back. */
export const borrowArena = (): Arena => spare.pop() ?? new Arena()

/** Ends the use of a borrowed arena. */
export function giveBack(arena: Arena): void {
  if (spare.length < SPARE_COUNT && arena.bytes <= SPARE_BYTES) spare.push(arena)
}
