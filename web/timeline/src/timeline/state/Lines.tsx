/** Every line and every total with how it comes about. All amounts are the core's; here they are only put side by side. */
import { formatCount, formatMoney, formatPrice } from '@tillroll/storefront/shared/money'
import { ruleInWords } from '@tillroll/storefront/shared/rule'
import { useMoment } from '../MomentOf'
import { useModel } from '../model'
import styles from './Lines.module.css'
import { pointerTo } from './nodes'

export function Lines() {
  const { setField, field } = useModel()
  const { moment } = useMoment()
  const cart = moment?.cart
  if (!cart) return null
  const { currency } = cart
  const money = (minor: number) => formatMoney(minor, currency)
  const nameOf = (sku: string) => cart.lines.find((line) => line.sku === sku)?.item_name ?? sku
  const pick = (path: string, text: string) => (
    <button
      type="button"
      className={styles.pick}
      aria-pressed={field === path}
      title={`Pick ${path}`}
      onClick={() => setField(path)}
    >
      {text}
    </button>
  )
  return (
    <div className={styles.tables}>
      <table className={styles.table}>
        <caption className={styles.caption}>Lines</caption>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Price</th>
            <th scope="col">Pieces</th>
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {cart.lines.map((line) => (
            <tr key={line.sku}>
              <th scope="row">
                <bdi>{line.item_name}</bdi>
                {line.sku !== line.item_name && <bdi className={styles.sku}>{line.sku}</bdi>}
              </th>
              <td>{line.price ? formatPrice(line.price, currency) : 'no price'}</td>
              <td>{pick(pointerTo('lines', line.sku, 'quantity'), `× ${formatCount(line.quantity)}`)}</td>
              <td>{pick(pointerTo('lines', line.sku, 'total_minor'), `= ${money(line.total_minor)}`)}</td>
            </tr>
          ))}
          {cart.lines.length === 0 && (
            <tr>
              <td colSpan={4}>no lines</td>
            </tr>
          )}
        </tbody>
      </table>
      <table className={styles.table}>
        <caption className={styles.caption}>Total</caption>
        <tbody>
          <tr>
            <th scope="row">Subtotal</th>
            <td className={styles.how}>sum of {formatCount(cart.lines.length)} lines</td>
            <td>{pick('/subtotal_minor', money(cart.subtotal_minor))}</td>
          </tr>
          {cart.discounts.map((discount) => (
            <tr key={discount.code}>
              <th scope="row">
                <bdi>{discount.code}</bdi>
              </th>
              <td className={styles.how}>
                {ruleInWords(discount.rule, currency, nameOf)}
                {discount.amount_minor === 0 && ', nothing now'}
              </td>
              <td>
                {pick(pointerTo('discounts', discount.code, 'amount_minor'), `− ${money(discount.amount_minor)}`)}
              </td>
            </tr>
          ))}
          {cart.discounts.length > 1 && (
            <tr>
              <th scope="row">Discounts</th>
              <td className={styles.how}>all codes together</td>
              <td>{pick('/discount_minor', `− ${money(cart.discount_minor)}`)}</td>
            </tr>
          )}
          <tr className={styles.sum}>
            <th scope="row">Total</th>
            <td className={styles.how}>
              {money(cart.subtotal_minor)} − {money(cart.discount_minor)}
            </td>
            <td>{pick('/total_minor', `= ${money(cart.total_minor)}`)}</td>
          </tr>
        </tbody>
      </table>
    </div>
  )
}
