import type { Model } from './model'

type View = Pick<Model, 'view' | 'setView' | 'axis' | 'version'>

/** Shows more or less of the band around the playhead. */
export function zoom({ view: [from, to], setView, axis, version }: View, by: number): void {
  const width = Math.min(1, (to - from) * by)
  const middle = axis.xOf(version)
  setView(middle - width / 2, middle + width / 2)
}

export function fit({ setView }: View): void {
  setView(0, 1)
}
