// Sends chosen files piece by piece (tus 1.0), and goes on where a broken line has left them. Without it the form does.
"use strict";
(() => {
  const form = document.getElementById("hand-in");
  if (!form) return;
  const SLICE = 8 << 20, LONGEST_WAIT = 30;
  const FAR = {"Tus-Resumable": "1.0.0"};
  const input = document.getElementById("choose"), list = document.getElementById("files");
  const status = document.getElementById("status"), said = form.dataset;
  const queue = [];
  let busy = false;

  document.getElementById("send").hidden = true;
  input.addEventListener("change", () => {
    for (const file of input.files) queue.push([file, rowOf(file)]);
    input.value = "";
    work();
  });
  form.addEventListener("submit", event => {
    if (busy) {
      event.preventDefault();
      tell(said.stillSending, "bad");
    }
  });
  addEventListener("beforeunload", event => { if (busy) event.preventDefault(); });

  async function work() {
    if (busy) return;
    busy = true;
    while (queue.length) await sent(...queue.shift());
    busy = false;
  }

  // A row that was left unfinished is gone on with when the same file is chosen again.
  function rowOf(file) {
    const same = [...list.children].find(row =>
      row.dataset.partly && row.dataset.name === file.name && row.dataset.size === String(file.size));
    if (same) {
      delete same.dataset.partly;
      return same;
    }
    const row = document.getElementById("row").content.firstElementChild.cloneNode(true);
    row.querySelector(".name").textContent = file.name;
    list.append(row);
    return row;
  }

  async function sent(file, row) {
    const line = row.querySelector(".state"), bar = row.querySelector("progress");
    line.className = "state";
    bar.hidden = false;
    for (let tries = 0; ; tries++) {
      try {
        if (!row.dataset.number) await create(file, row);
        const url = "files/" + row.dataset.number;
        let offset = Number((await ask("HEAD", url)).getResponseHeader("Upload-Offset"));
        while (offset < file.size) {
          tries = 0;
          const piece = file.slice(offset, offset + SLICE);
          const fields = {"Upload-Offset": offset, "Content-Type": "application/offset+octet-stream"};
          const answer = await ask("PATCH", url, fields, piece, done => show(offset + done));
          offset = Number(answer.getResponseHeader("Upload-Offset"));
          show(offset);
        }
        break;
      } catch (error) {
        if (error.final) return fail(error.message);
        line.textContent = error.message || said.broken;
        tell(line.textContent, "bad");
        await pause(Math.min(2 ** tries, LONGEST_WAIT));
      }
    }
    bar.hidden = true;
    line.classList.add("good");
    line.textContent = said.arrived.replace("{size}", sized(file.size));
    tell(file.name + ": " + line.textContent);

    function show(done) {
      bar.max = file.size || 1;
      bar.value = done;
      line.textContent = said.sending.replace("{percent}", Math.floor(100 * done / (file.size || 1)));
    }
    function fail(message) {
      bar.hidden = true;
      line.classList.add("bad");
      line.textContent = message;
      tell(message, "bad");
    }
  }

  function tell(message, kind = "") {
    status.className = kind;
    status.textContent = message;
  }

  async function create(file, row) {
    const claims = {filename: file.name, changed: new Date(file.lastModified).toISOString()};
    const metadata = Object.entries(claims).map(([name, value]) => name + " " + base64(value)).join(",");
    const answer = await ask("POST", "files", {"Upload-Length": file.size, "Upload-Metadata": metadata});
    row.dataset.number = answer.getResponseHeader("Location").split("/").pop();
    const caption = row.querySelector("textarea"), button = row.querySelector("button");
    caption.name = caption.id = "caption-" + row.dataset.number;
    row.querySelector("label").htmlFor = caption.id;
    button.value = row.dataset.number;
    caption.disabled = button.disabled = false;
  }

  function ask(method, url, fields = {}, body = null, progress = () => {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      for (const [name, value] of Object.entries({...FAR, ...fields})) request.setRequestHeader(name, value);
      request.upload.onprogress = event => progress(event.loaded);
      request.timeout = 120000;
      request.onerror = request.ontimeout = () => reject(new Error(""));
      request.onload = () => {
        if (request.status < 300) return resolve(request);
        const error = new Error(request.status < 500 || request.status === 507 ? request.responseText.trim() : "");
        error.final = [400, 403, 404, 410, 413].includes(request.status);
        reject(error);
      };
      request.send(body);
    });
  }

  function pause(seconds) {
    return new Promise(resolve => {
      setTimeout(resolve, 1000 * seconds);
      addEventListener("online", resolve, {once: true});
    });
  }

  function base64(text) {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  }

  function sized(bytes) {
    const units = ["B", "kB", "MB", "GB"];
    let unit = 0;
    while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit++; }
    return (unit ? bytes.toFixed(1) : bytes) + " " + units[unit];
  }
})();
