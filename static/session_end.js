// Two minutes before a session ends by itself, the page says so and one button makes it last (WCAG 2.2.1).
// What another tab or the autosave asks of the server makes it last too: they tell each other.
(() => {
  'use strict'
  const WARNED = 120 // seconds before
  const EVERY = 1000
  const box = document.getElementById('fin-de-session')
  if (!box || !window.fetch) return
  const before = box.querySelector('[data-before]')
  const after = box.querySelector('[data-after]')
  const whole = Number(box.dataset.seconds)
  const others = 'BroadcastChannel' in window ? new BroadcastChannel('seuil-session') : null
  let end = Date.now() + whole * 1000

  const lasts = (seconds) => { end = Math.max(end, Date.now() + seconds * 1000) }
  const tell = (seconds) => {
    lasts(seconds)
    if (others) others.postMessage(seconds)
  }

  function look () {
    const left = (end - Date.now()) / 1000
    before.hidden = left <= 0
    after.hidden = left > 0
    box.hidden = left > WARNED
  }

  before.addEventListener('submit', async (event) => {
    event.preventDefault()
    let answer = null
    try {
      answer = await fetch(before.action, { method: 'POST', body: new FormData(before) })
    } catch {
      return // off the network: the button is still there
    }
    if (answer.redirected || !answer.ok) end = 0
    else tell((await answer.json()).left)
    look()
  })
  document.addEventListener('seuil:alive', () => tell(whole))
  if (others) others.onmessage = ({ data }) => { lasts(data); look() }
  tell(whole)
  look()
  setInterval(look, EVERY)
})()
