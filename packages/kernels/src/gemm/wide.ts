/** Panels of six vectors: good only for a compiler that makes pairs of vectors one of twice the width; see `turbo/`. */
let wide = false

/** Whether products are made with panels of six vectors from now on. */
export const setWide = (value: boolean): void => {
  wide = value
}

/** Whether products are made with panels of six vectors. Their bits are the same. */
export const isWide = (): boolean => wide
