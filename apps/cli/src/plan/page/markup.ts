/** Attributes of an element; numbers are written to a hundredth, and those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as markup. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, mark => ENTITIES[mark] as string)

/** An element around markup; HTML and SVG alike, and XML as well. */
export function element(name: string, attributes: Attributes = {}, ...content: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${escaped(typeof value === 'number' ? rounded(value) : (value as string))}"`,
    )
    .join('')
  return content.length === 0 ? `<${name}${written} />` : `<${name}${written}>${content.join('')}</${name}>`
}

/** An element around text. */
export const textElement = (name: string, attributes: Attributes, text: string): string =>
  element(name, attributes, escaped(text))

const rounded = (value: number): string => String(Number(value.toFixed(2)))
