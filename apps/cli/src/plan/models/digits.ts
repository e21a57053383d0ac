/** Rows of handwritten digits: images of 28 by 28, and ten classes. */
export const DIGITS = { features: 784, classes: 10 } as const
