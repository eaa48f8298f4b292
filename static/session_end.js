// Two minutes before a session ends by itself, the page says so and one button makes it last (WCAG 2.2.1); what twelve
// hours end, no button makes longer. What another tab or the autosave asks of the server makes it last too: they tell
// each other.
(() => {
  'use strict'
  const WARNED = 120 // seconds before
  const NEWS = 60 // how late the server may note an activity, in seconds
  const EVERY = 1000
  const box = document.getElementById('fin-de-session')
  if (!box || !window.fetch) return
  const form = box.querySelector('form')
  const door = box.querySelector('[data-to]') // leads somewhere once the session has ended
  const others = 'BroadcastChannel' in window ? new BroadcastChannel('seuil-session') : null
  const now = () => Date.now() / 1000
  const halfHour = box.dataset.idle ? Number(box.dataset.idle) : Infinity // a session that is kept has none
  const most = now() + Number(box.dataset.most)
  let idle = -Infinity

  const lasts = (seconds) => { idle = Math.max(idle, now() + seconds) }
  function alive (seconds) {
    lasts(seconds)
    if (others) others.postMessage(seconds)
  }

  function look () {
    const end = Math.min(idle, most)
    const when = end <= now() ? 'ended' : most <= idle ? 'most' : 'idle'
    if (when === 'ended') door.href = door.dataset.to
    for (const each of box.querySelectorAll('[data-when]')) each.hidden = each.dataset.when !== when
    box.hidden = end - now() > WARNED
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) })
      if (answer.redirected) idle = -Infinity
      else if (answer.ok) alive((await answer.json()).idle ?? Infinity)
    } catch {
      return // off the network: the button is still there
    }
    look()
  })
  document.addEventListener('seuil:alive', () => alive(halfHour - NEWS))
  if (others) others.onmessage = ({ data }) => { lasts(data); look() }
  alive(halfHour)
  look()
  setInterval(look, EVERY)
})()
