import styles from './ItemName.module.css'

/** "Tropical fruit: bananas" is bananas of the department Tropical fruit. */
export function splitName(name: string): { department: string | null; item: string } {
  const colon = name.indexOf(': ')
  if (colon <= 0 || colon + 2 >= name.length) return { department: null, item: name }
  return { department: name.slice(0, colon), item: name.slice(colon + 2) }
}

/**
 * A name as somebody wrote it: a text, never markup, and kept apart from the direction of what stands around it. A name
 * may hold its own direction marks, which end with it.
 */
export function ItemName({ name, withDepartment = false }: { name: string; withDepartment?: boolean }) {
  const { department, item } = splitName(name)
  return (
    <span className={styles.name}>
      {withDepartment && department !== null && <bdi className={styles.department}>{department}</bdi>}
      <bdi className={styles.item}>{item}</bdi>
    </span>
  )
}
