// Passkeys: a form with data-passkey="create" or "get" asks the browser for one, puts it into its field "credential"
// and is sent. What to ask for stands in data-options, or is fetched from the address in data-options-from.
(() => {
  "use strict";

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };

  const base64url = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  // What the server writes as text, the browser wants as bytes.
  const read = ({ publicKey }) => {
    const keys = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));
    const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
    if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) options.excludeCredentials = keys(options.excludeCredentials);
    if (options.allowCredentials) options.allowCredentials = keys(options.allowCredentials);
    return { publicKey: options };
  };

  const written = (credential) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = base64url(credential.response[part]);
    }
    return JSON.stringify({
      type: credential.type,
      id: credential.id,
      rawId: base64url(credential.rawId),
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  const optionsOf = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
    return (await answer.json()).request_options;
  };

  const say = (form, problem) => {
    const notes = [...form.querySelectorAll("[data-passkey-problem]")];
    const fitting = notes.find((note) => note.dataset.passkeyProblem === problem?.name) ?? notes[0];
    for (const note of notes) note.hidden = !problem || note !== fitting;
  };

  const prepare = (form) => {
    const field = form.elements.namedItem("credential");
    form.querySelector("[data-passkey-none]").hidden = true;
    for (const button of form.querySelectorAll("button[hidden]")) button.hidden = false;

    form.addEventListener("submit", async (event) => {
      if (field.value) return;
      event.preventDefault();
      say(form, null);
      try {
        const credential = await navigator.credentials[form.dataset.passkey](read(await optionsOf(form)));
        field.value = written(credential);
        form.requestSubmit();
      } catch (problem) {
        say(form, problem);
      }
    });
  };

  if (window.PublicKeyCredential && navigator.credentials) {
    for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
  }

  // After the browser's Back button a form asks for a new passkey.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.namedItem("credential").value = "";
  });
})();
