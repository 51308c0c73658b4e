/** Before references to persons are shown: why, and who asks. Shown after the server wrote that down, and not before. */
import { ask } from '../api/ask'
import { MotiveDialog } from '../watch/Motive'

interface DisclosureDialogProps {
  readonly cart: string
  readonly onClose: () => void
  /** It is recorded. */
  readonly onDone: () => void
}

export function DisclosureDialog({ cart, onClose, onDone }: DisclosureDialogProps) {
  return (
    <MotiveDialog
      title="Show references to persons"
      does="Show them"
      example="ticket 4711: they ask who emptied it"
      onClose={onClose}
      onDo={async (motive) => {
        await ask(`/carts/${encodeURIComponent(cart)}/disclosures`, { method: 'POST', body: motive })
        onDone()
      }}
    >
      <p>
        Owner, actor and token of this cart are shown on this page until it is loaded anew or hides them. Where callers
        are checked this needs the permission to disclose, beyond an operator's.
      </p>
    </MotiveDialog>
  )
}
