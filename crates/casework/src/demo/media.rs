//! Small files for fictitious cases, made in code: photographs, a tone of sound, signed sheets as
//! a scanner would give them. Each seed makes other bytes.

use std::fmt::Write as _;

/// Numbers that look random and are the same every time (an LCG of Knuth's constants).
struct Dice(u64);

impl Dice {
    fn of(seed: &str) -> Dice {
        let start = seed.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Dice(start)
    }
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }
}

/// A photograph: a room in perspective, lamps and screens where the seed puts them.
pub fn photograph(seed: &str) -> anyhow::Result<Vec<u8>> {
    const WIDTH: u32 = 480;
    const HEIGHT: u32 = 320;
    let mut dice = Dice::of(seed);
    let horizon = HEIGHT * 2 / 5;
    let tint = [dice.below(60), dice.below(60), dice.below(60)];
    let screens: Vec<(u32, u32, u32, u32)> = (0..9)
        .map(|_| (dice.below(WIDTH - 70), horizon - 30 + dice.below(HEIGHT - horizon - 20), 34 + dice.below(30), 22 + dice.below(18)))
        .collect();
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let screen = screens.iter().any(|(sx, sy, w, h)| (*sx..sx + w).contains(&x) && (*sy..sy + h).contains(&y));
            let base = if screen { 150 + (x + y) % 40 } else if y < horizon { 60 + y / 2 } else { 40 + (y - horizon) / 2 };
            for (channel, shade) in tint.iter().enumerate() {
                let blue = if screen && channel == 2 { 50 } else { 0 };
                pixels.push(u8::try_from((base + shade + blue).min(255)).unwrap_or(u8::MAX));
            }
        }
    }
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// A tone of sound, 16 bit, one channel, 8 kHz, as long as said.
pub fn sound(seed: &str, seconds: u32) -> Vec<u8> {
    const RATE_HZ: u32 = 8_000;
    let mut dice = Dice::of(seed);
    let pitches: Vec<f32> = (0..seconds.max(1)).map(|_| 180.0 + dice.below(260) as f32).collect();
    let samples = RATE_HZ * seconds;
    let data_bytes = samples * 2;
    let mut bytes = Vec::with_capacity(44 + data_bytes as usize);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16u32.to_le_bytes());
    bytes.extend_from_slice(&1u16.to_le_bytes());
    bytes.extend_from_slice(&1u16.to_le_bytes());
    bytes.extend_from_slice(&RATE_HZ.to_le_bytes());
    bytes.extend_from_slice(&(RATE_HZ * 2).to_le_bytes());
    bytes.extend_from_slice(&2u16.to_le_bytes());
    bytes.extend_from_slice(&16u16.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&data_bytes.to_le_bytes());
    for n in 0..samples {
        let pitch = pitches.get((n / RATE_HZ) as usize).copied().unwrap_or(220.0);
        let wave = (n as f32 * pitch * std::f32::consts::TAU / RATE_HZ as f32).sin();
        bytes.extend_from_slice(&((wave * 6_000.0) as i16).to_le_bytes());
    }
    bytes
}

/// A signed sheet as a scanner gives it: grey lines for the print, strokes for the signatures.
pub fn scan(seed: &str, pages_count: u32) -> Vec<u8> {
    let mut dice = Dice::of(seed);
    let mut objects: Vec<String> = vec!["<< /Type /Catalog /Pages 2 0 R >>".into()];
    let kids: Vec<String> = (0..pages_count).map(|i| format!("{} 0 R", 3 + 2 * i)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {pages_count} >>", kids.join(" ")));
    for page in 0..pages_count {
        let content = sheet(&mut dice, page + 1 == pages_count);
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents {} 0 R >>",
            4 + 2 * page
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    let mut pdf = String::from("%PDF-1.4\n");
    let mut offsets = vec![];
    for (i, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        let _ = write!(pdf, "{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let xref = pdf.len();
    let _ = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = write!(pdf, "{offset:010} 00000 n \n");
    }
    let _ = write!(pdf, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n", objects.len() + 1);
    pdf.into_bytes()
}

fn sheet(dice: &mut Dice, last: bool) -> String {
    let mut content = String::from("0.96 g 0 0 595 842 re f 0.35 g 210 760 175 14 re f 0.55 g\n");
    let end = if last { 220 } else { 100 };
    let mut y = 720;
    while y > end {
        let _ = writeln!(content, "80 {y} {} 5 re f", 300 + dice.below(135));
        y -= 24;
    }
    let signatures = if last { 3 } else { 1 };
    for i in 0..signatures {
        let (x, y) = (100 + i * 150, 80 + dice.below(40));
        let _ = write!(content, "0.1 0.15 0.5 RG 1.4 w {x} {y} m ");
        for step in 1..6 {
            let nx = x + step * 16;
            let _ = write!(content, "{} {} {} {} {nx} {} c ", nx - 12, y + dice.below(30), nx - 5, y + dice.below(30), y + dice.below(20));
        }
        content.push_str("S\n");
    }
    content
}
