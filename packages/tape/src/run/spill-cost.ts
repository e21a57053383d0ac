/**
 * Cost of a record of so many bytes that goes to a store or comes back, in FLOP equivalents: 10 µs, and 2 ns a byte with its
 * checksum, at 4 FLOP a ns. It is the same wherever the store is, so that plans are.
 *
 * @example
 * spillCost(1000) // → 48000
 */
export const spillCost = (bytes: number): number => 40_000 + 8 * bytes
