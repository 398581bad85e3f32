// Script of the pages with passkeys, which WebAuthn needs: asks the browser for a credential, and sends it in the page's form.

import { inlineScript } from '../kit/inline-scripts.ts'

/**
 * Constant, without input: options are the attribute `data-options` of the form `passkey`, the result its field `credential`. The
 * conversions are written out, because `parseCreationOptionsFromJSON` and `toJSON` are missing in browsers of 2024. What goes
 * wrong shows the element `passkey-failed`, and in a browser without WebAuthn `passkey-missing`; nothing is sent then.
 */
export const passkeyScript = inlineScript(`(() => {
  const form = document.getElementById('passkey')
  const show = (id, shown = true) => { document.getElementById(id).hidden = !shown }
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=/g, '')
  const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }))
  const ask = async (options) => {
    const challenge = bytes(options.challenge)
    if (!options.user) {
      const { id, rawId, type, response } = await navigator.credentials.get({ publicKey: { ...options, challenge, allowCredentials: known(options.allowCredentials) } })
      const { clientDataJSON, authenticatorData, signature, userHandle } = response
      return { id, rawId: text(rawId), type, clientExtensionResults: {}, response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), ...(userHandle && { userHandle: text(userHandle) }) } }
    }
    const user = { ...options.user, id: bytes(options.user.id) }
    const { id, rawId, type, response } = await navigator.credentials.create({ publicKey: { ...options, challenge, user, excludeCredentials: known(options.excludeCredentials) } })
    const { clientDataJSON, attestationObject } = response
    return { id, rawId: text(rawId), type, clientExtensionResults: {}, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports: response.getTransports ? response.getTransports() : [] } }
  }
  if (!form) return
  show('passkey-script', false)
  if (!window.PublicKeyCredential) return show('passkey-missing')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      form.elements.credential.value = JSON.stringify(await ask(JSON.parse(form.dataset.options)))
      HTMLFormElement.prototype.submit.call(form)
    } catch {
      show('passkey-failed')
    }
  })
})()`)
