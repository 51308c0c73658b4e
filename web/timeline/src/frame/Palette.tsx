/** Everything that can be done here, by its name. cmdk's own dialog injects styles, which the policy refuses: this is in ours. */
import { Modal } from '@tillroll/storefront/ui/Modal'
import { useStore } from '@tillroll/storefront/ui/store'
import { Command } from 'cmdk'
import { useEffect, useRef, useState } from 'react'
import { listening } from '../keys/keys'
import { caps } from '../keys/names'
import { go } from '../url/location'
import styles from './Palette.module.css'
import { SCREENS } from './screens'
import { goTo, sought } from './search'

export function Palette({ first, onClose }: { readonly first: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState(first)
  const parts = useStore(listening)
  const found = sought(typed)
  const input = useRef<HTMLInputElement>(null)
  // Not `autoFocus`: the dialog opens later than that, and puts the focus on its first button.
  useEffect(() => input.current?.focus(), [])
  /** The dialog has to be gone, and the focus back, before anything is done. */
  const then = (act: () => void) => () => {
    onClose()
    setTimeout(act)
  }
  return (
    <Modal title="Commands" onClose={onClose}>
      <Command className={styles.palette} label="Commands" loop>
        <Command.Input
          className={styles.input}
          ref={input}
          placeholder="What do you want to do? Or any id"
          value={typed}
          onValueChange={setTyped}
        />
        <Command.List className={styles.list}>
          <Command.Empty className={styles.empty}>There is no such command.</Command.Empty>
          {found.what === 'cart' && (
            <Command.Item className={styles.item} forceMount value="open" onSelect={then(() => goTo(found))}>
              Open cart {found.id}
            </Command.Item>
          )}
          {parts.toReversed().map(({ part, keys }, nth) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two parts may have one name, and their order is fixed.
            <Command.Group key={`${part} ${nth}`} heading={part}>
              {keys.map(({ key, does, act }) => (
                <Command.Item key={key} className={styles.item} value={`${part} ${does} ${key}`} onSelect={then(act)}>
                  <span>{does}</span>
                  <span className={styles.caps}>
                    {caps(key).map((cap) => (
                      <kbd key={cap}>{cap}</kbd>
                    ))}
                  </span>
                </Command.Item>
              ))}
            </Command.Group>
          ))}
          <Command.Group heading="Screens">
            {SCREENS.map(({ name, word, path }) =>
              path === null ? null : (
                <Command.Item key={name} className={styles.item} value={`go ${word}`} onSelect={then(() => go(path))}>
                  {word}
                </Command.Item>
              ),
            )}
          </Command.Group>
          {found.what === 'word' && (
            <Command.Item className={styles.item} forceMount value="find" onSelect={then(() => goTo(found))}>
              Find carts with “{found.text}”
            </Command.Item>
          )}
        </Command.List>
      </Command>
    </Modal>
  )
}
