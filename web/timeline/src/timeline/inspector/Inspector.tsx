/** What is known of the event one stands on, and why things are as they are. */
import { Tabs } from '../../ui/Tabs'
import { useModel } from '../model'
import { Causes } from './Causes'
import { Delivery } from './Delivery'
import { DiffPart } from './DiffPart'
import { EventPart } from './EventPart'
import { RefusalPart } from './RefusalPart'
import { INSPECTOR_WORDS, useInspector } from './side'
import { Why } from './Why'

export function Inspector() {
  const [side, setSide] = useInspector()
  return (
    <Tabs label="Inspector" words={INSPECTOR_WORDS} shown={side} onShow={setSide}>
      <Shown side={side} />
    </Tabs>
  )
}

function Shown({ side }: { readonly side: ReturnType<typeof useInspector>[0] }) {
  const { refusal } = useModel()
  switch (side) {
    case 'event':
      return refusal ? <RefusalPart refusal={refusal} /> : <EventPart />
    case 'diff':
      return <DiffPart />
    case 'why':
      return <Why />
    case 'causes':
      return <Causes />
    case 'delivery':
      return <Delivery />
    default:
      return side satisfies never
  }
}
