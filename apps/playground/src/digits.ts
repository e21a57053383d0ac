const [LEVELS, DIGITS, PIXELS] = [256, 10, 784]

/**
 * Loads `digits.bin`, whose layout the Vite plugin of this app describes.
 *
 * @returns the images of each digit, 28 × 28 grey levels from 0 to 1 an image, one after the other.
 */
export async function loadDigits(url: string): Promise<readonly Float32Array[]> {
  const response = await fetch(url)
  if (!response.ok)
    throw new Error(`The digits could not be loaded: ${response.status} ${response.statusText}.`)
  const file = await response.arrayBuffer()
  const levels = new Float32Array(file, 0, LEVELS)
  const images = new Uint32Array(file, 4 * LEVELS, DIGITS)
  const bytes = new Uint8Array(file, 4 * (LEVELS + DIGITS))
  if (bytes.length !== PIXELS * images.reduce((sum, count) => sum + count, 0)) {
    throw new Error(`The digits are not whole: ${file.byteLength} bytes.`)
  }
  let from = 0
  return Array.from(images, count => {
    // A plain loop: eight million calls of a function would block the page for long.
    const pixels = new Float32Array(count * PIXELS)
    for (let k = 0; k < pixels.length; k++) pixels[k] = levels[bytes[from + k] as number] as number
    from += pixels.length
    return pixels
  })
}
