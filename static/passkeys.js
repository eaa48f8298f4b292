// Passkeys: the browser signs what the page asks. A form says what with data-passkey: "create", "get", or "fetch" (the
// question is asked to the address of the form). It is hidden until this script runs: without it, it could do nothing.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0))
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  const named = (known) => (known || []).map((each) => ({ ...each, id: bytes(each.id) }))
  const SAID = {
    NotAllowedError: 'La clé n’a pas été donnée. Réessayez, ou prenez un autre moyen.',
    InvalidStateError: 'Cet appareil a déjà une clé d’accès pour ce compte.',
    SecurityError: 'Le navigateur refuse les clés d’accès à cette adresse. Il faut un nom de machine, en https.'
  }

  function question (options) {
    const asked = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) }
    if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) }
    if (asked.excludeCredentials) asked.excludeCredentials = named(asked.excludeCredentials)
    if (asked.allowCredentials) asked.allowCredentials = named(asked.allowCredentials)
    return { publicKey: asked }
  }

  function answer (credential) {
    const response = {}
    for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (credential.response[name]) response[name] = text(credential.response[name])
    }
    return JSON.stringify({
      type: credential.type,
      id: credential.id,
      rawId: text(credential.rawId),
      authenticatorAttachment: credential.authenticatorAttachment,
      response,
      clientExtensionResults: credential.getClientExtensionResults()
    })
  }

  async function optionsOf (form) {
    if (form.dataset.passkey !== 'fetch') return JSON.parse(form.dataset.options)
    const found = await fetch(form.action, { headers: { Accept: 'application/json' } })
    return (await found.json()).request_options
  }

  async function send (event) {
    const form = event.currentTarget
    const said = form.querySelector('[data-said]')
    event.preventDefault()
    said.textContent = 'Suivez ce que votre appareil demande.'
    try {
      const asked = question(await optionsOf(form))
      const made = form.dataset.passkey === 'create' ? navigator.credentials.create(asked) : navigator.credentials.get(asked)
      form.elements.credential.value = answer(await made)
      form.submit()
    } catch (error) {
      said.textContent = SAID[error.name] || 'La clé d’accès n’a pas pu servir. Prenez un autre moyen.'
    }
  }

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    if (!window.PublicKeyCredential) continue
    form.hidden = false
    form.addEventListener('submit', send)
  }
})()
