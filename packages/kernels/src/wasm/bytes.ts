/** A growing byte string with the integer encodings of the WebAssembly binary format (LEB128). */
export class Bytes {
  #buffer = new Uint8Array(256)
  length = 0

  /** Appends one byte. */
  byte(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(this.length + 1)
    this.#buffer[this.length++] = value
  }

  /** Appends all bytes of another string. */
  append(bytes: Bytes | Uint8Array): void {
    const source = bytes instanceof Bytes ? bytes.view() : bytes
    this.#grow(this.length + source.length)
    this.#buffer.set(source, this.length)
    this.length += source.length
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** Signed LEB128 of an integer of up to 64 bits. */
  signed(value: number | bigint): void {
    if (typeof value === 'number' && value === (value | 0)) {
      let rest = value
      while (rest < -64 || rest > 63) {
        this.byte((rest & 0x7f) | 0x80)
        rest >>= 7
      }
      this.byte(rest & 0x7f)
      return
    }
    let rest = BigInt(value)
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.byte(Number(rest & 0x7fn))
  }

  /** A length-prefixed UTF-8 name. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text)
    this.unsigned(encoded.length)
    this.append(encoded)
  }

  /** The bytes so far; valid until the next append. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.length)
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.view())
    this.#buffer = larger
  }
}
