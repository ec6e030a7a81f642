//! Refuses to build without the browser's files, and says which command makes them: the binary
//! embeds them, and a server without its look would start and be useless.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=assets/built");
    println!("cargo::rerun-if-changed=templates");
    for name in ["app.css", "app.js", "sprite.svg", "icon.svg"] {
        if !Path::new("assets/built").join(name).is_file() {
            println!(
                "cargo::error=crates/server/assets/built/{name} is missing. Run: \
                 (cd crates/server && npm ci --ignore-scripts && npm run build)"
            );
        }
    }
}
