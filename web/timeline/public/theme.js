// The theme that was chosen, before anything is drawn. A file of its own, because no script stands in the page itself.
try {
  const chosen = localStorage.getItem('tillroll.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Without storage the system's theme holds.
}
