/** Everything that is placed in a buffer starts at a multiple of this many bytes. */
const ALIGNMENT_BYTES = 16

/** A number of bytes rounded up so that something else can follow. */
export const alignedBytes = (bytes: number): number => Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
