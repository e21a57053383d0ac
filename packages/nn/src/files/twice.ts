/**
 * A name that the object of a JSON text has twice, or one of the objects in it, which JSON.parse does not tell. Objects in those
 * are passed over.
 *
 * @param json valid
 */
export function nameTwice(json: string): string | undefined {
  const seen = [new Set<string>(), new Set<string>()]
  let depth = -1
  let [begin, end] = [0, 0]
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (char === '"') {
      begin = at
      end = at = endOfText(json, at)
    } else if (char === '{' || char === '[') seen[++depth]?.clear()
    else if (char === '}' || char === ']') depth--
    else if (char === ':') {
      const names = seen[depth]
      if (!names) continue
      const name: string = JSON.parse(json.slice(begin, end + 1))
      if (names.has(name)) return name
      names.add(name)
    }
  }
  return undefined
}

/** Where the quote is that ends a text. */
function endOfText(json: string, begin: number): number {
  let at = begin + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}
