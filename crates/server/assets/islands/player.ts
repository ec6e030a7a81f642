// The player of a viewing: `[data-player]` around a video or audio. `data-seek="123.4"` jumps there,
// J K L and the arrows move, `[data-time]` shows the place.

export function installPlayers(): void {
  const box = document.querySelector<HTMLElement>("[data-player]");
  const media = box?.querySelector<HTMLMediaElement>("video, audio");
  if (!box || !media) return;

  const shown = box.querySelector<HTMLElement>("[data-time]");
  const show = () => {
    if (shown) shown.textContent = `${clock(media.currentTime)} / ${clock(media.duration || 0)}`;
  };
  ["timeupdate", "loadedmetadata", "seeked"].forEach((name) => media.addEventListener(name, show));

  document.addEventListener("click", (event) => {
    const target = (event.target as Element).closest<HTMLElement>("[data-seek]");
    if (!target) return;
    event.preventDefault();
    media.currentTime = Number(target.dataset.seek);
    media.focus();
  });

  document.addEventListener("keydown", (event) => {
    const inField = (event.target as Element).closest("input, textarea, select, button, a, dialog");
    if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const moved = move(media, event.key);
    if (moved) event.preventDefault();
  });
}

function move(media: HTMLMediaElement, key: string): boolean {
  const steps: Record<string, number> = { j: -10, l: 10, ArrowLeft: -5, ArrowRight: 5, ",": -0.04, ".": 0.04 };
  if (key === "k" || key === "K") {
    if (media.paused) void media.play();
    else media.pause();
    return true;
  }
  const step = steps[key] ?? steps[key.toLowerCase()];
  if (step === undefined) return false;
  media.currentTime = Math.max(0, media.currentTime + step);
  return true;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
}
