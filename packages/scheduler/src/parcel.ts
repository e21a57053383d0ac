import { type Aval, bytesOf, type Data, type Executable, viewOf } from '@wengert/tape'
import { alignedBytes } from './data.js'

/** What travels for an executable: pinned inputs, other inputs, outputs. */
export const travellers = ({ inputs, outputs }: Executable) => ({
  pinned: inputs.filter(({ pinned }) => pinned).map(({ aval }) => aval),
  inputs: inputs.filter(({ pinned }) => !pinned).map(({ aval }) => aval),
  outputs: outputs.map(({ aval }) => aval),
})

/** Bytes of a parcel that holds values of these avals one after the other. */
export const parcelBytes = (avals: readonly Aval[]): number =>
  avals.reduce((bytes, aval) => bytes + alignedBytes(bytesOf(aval)), 0)

/** The values in a parcel, where they lie. */
export function parcelViews(buffer: ArrayBuffer, avals: readonly Aval[]): Data[] {
  let offset = 0
  return avals.map(aval => {
    const view = viewOf(aval, buffer, offset)
    offset += alignedBytes(bytesOf(aval))
    return view
  })
}
