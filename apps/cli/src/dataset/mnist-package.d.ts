declare module 'mnist' {
  /** Images of one digit, 784 numbers each, one after the other. */
  const digits: readonly { readonly raw: readonly number[] }[]
  export default digits
}
