// A viewing ends when its page is left: `[data-viewing]` names the address that is told. Where a film
// or sound was played, the spans that were played are said as well.

export function installViewing(): void {
  const box = document.querySelector<HTMLElement>("[data-viewing]");
  const url = box?.dataset.viewing;
  if (!box || !url) return;

  let closed = false;
  window.addEventListener("pagehide", () => {
    if (closed) return;
    closed = true;
    const media = box.querySelector<HTMLMediaElement>("video, audio");
    navigator.sendBeacon(url, new URLSearchParams({ played: media ? spans(media.played) : "" }));
  });
  // The browser's back button brings the page back, not the viewing: the server says that it is over.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && closed) window.location.reload();
  });
}

function spans(ranges: TimeRanges): string {
  const parts: string[] = [];
  for (let i = 0; i < ranges.length; i += 1) parts.push(`${ranges.start(i).toFixed(1)}-${ranges.end(i).toFixed(1)}`);
  return parts.join(",");
}
