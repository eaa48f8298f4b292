// A form with data-autosave saves itself: when one leaves a field, and every ten seconds while one types. Each answer is
// judged on its own by the server; what is wrong or contested is said beside its field. Without this script the form has
// its button, which does the same. Nothing of what is typed is kept on the device.
(() => {
  const EVERY = 10000
  const form = document.querySelector('form[data-autosave]')
  if (!form || !window.fetch) return
  const status = document.querySelector('[data-saved]')
  const answered = document.querySelector('[data-answered]')
  let changed = false
  let running = Promise.resolve()
  let sending = false
  let ended = false

  const say = (words, off) => {
    status.textContent = words
    status.parentElement.classList.toggle('saved-off', Boolean(off))
    document.querySelector('[data-saved-icon]').hidden = Boolean(off)
  }
  const question = (key) => form.querySelector(`[data-question="${CSS.escape(key)}"]`)

  function told (key, { token, error, contested }) {
    const box = question(key)
    if (!box) return
    const wrong = box.querySelector('[data-wrong]')
    const words = error || contested || ''
    if (token) box.querySelector(`[name="${CSS.escape(key)}-vu"]`).value = token
    wrong.hidden = !words
    wrong.textContent = words
    if (contested) {
      const link = document.createElement('a')
      link.href = `${location.pathname}?voir=1#${key}-deux`
      link.textContent = 'Les comparer'
      wrong.append(' ', link)
    }
  }

  async function send () {
    changed = false
    let answer
    try {
      answer = await fetch(form.action || location.href, {
        method: 'POST',
        body: new FormData(form),
        headers: { 'Seuil-Autosave': '1' },
        keepalive: true
      })
    } catch {
      changed = true
      return say('Hors réseau : pas encore enregistré. Gardez cette page ouverte.', true)
    }
    if (answer.redirected) {
      ended = true
      return say('Votre session est terminée. Enregistrez : votre texte est gardé, puis identifiez-vous de nouveau.', true)
    }
    const type = answer.headers.get('Content-Type') || ''
    if (!type.includes('json')) {
      changed = true
      return say('Pas encore enregistré. Utilisez le bouton en bas de la page.', true)
    }
    document.dispatchEvent(new Event('seuil:alive'))
    const said = await answer.json()
    if (said.refused) return say(said.refused, true)
    for (const box of form.querySelectorAll('[data-question]')) {
      if (!(box.dataset.question in said.fields)) told(box.dataset.question, {})
    }
    for (const [key, field] of Object.entries(said.fields)) told(key, field)
    if (answered && said.answered) answered.textContent = said.answered
    say(said.saved)
  }

  // one at a time: a second one would carry the tokens from before the first
  async function next () {
    if (!changed || ended) return
    sending = true
    try {
      await send()
    } catch {
      changed = true
      say('Pas encore enregistré. Utilisez le bouton en bas de la page.', true)
    } finally {
      sending = false
    }
  }
  function save () {
    if (changed && !ended) running = running.then(next)
  }

  form.addEventListener('input', () => { changed = true })
  form.addEventListener('change', () => { changed = true; save() })
  form.addEventListener('focusout', () => { save() })
  setInterval(save, EVERY)
  document.addEventListener('visibilitychange', () => { if (document.hidden) save() })

  // The button waits for what is on its way, and no longer than that: sent twice, the same answer is the same answer.
  // Asked for while its own event is still being told, a submission is passed over: it is asked for afterwards.
  const PATIENCE = 3000
  let waited = false
  form.addEventListener('submit', (event) => {
    if (waited || !sending) return
    event.preventDefault()
    const button = event.submitter
    const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE) })
    Promise.race([running, patience]).finally(() => setTimeout(() => {
      waited = true
      form.requestSubmit(button)
    }))
  })
})()
